"""Explains a command that looks for a file of the project in the current folder, where commands run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from traceback import walk_tb
from types import FrameType

from django_pyz_runtime.bundle.manifest import PROGRAM_FOLDER, PROJECT_FOLDER
from django_pyz_runtime.data.settings_walk import is_really
from django_pyz_runtime.errors import with_causes

_LAST_FRAMES = 2
_LONGEST_NAME = 255


def hint(error: BaseException, folder: Path) -> str:
    """The hint for a failed command that may have looked for a file in the wrong folder; else "".

    Args:
        error: ended the command. It, or one behind it, may name a file that is only in the project's folder.
        folder: the project's.
    """
    for name in _names(error):
        if not os.path.lexists(name) and (folder / name).exists():
            return f"{name} is in the project's folder, not in {os.getcwd()}: try the command in {folder}"
    return ""


def _names(error: BaseException) -> Iterator[str]:
    """Relative paths of files in the code that raised an error: its texts and the values of its variables."""
    for one in with_causes(error):
        frames = [frame for frame, _ in walk_tb(one.__traceback__)]
        for frame in [*frames[-_LAST_FRAMES:], *filter(_is_of_project, frames)]:
            values = (*frame.f_code.co_consts, *frame.f_locals.values())
            yield from (str(value) for value in values if _is_file_name(value))


def _is_of_project(frame: FrameType) -> bool:
    return not {PROJECT_FOLDER, PROGRAM_FOLDER}.isdisjoint(frame.f_code.co_filename.split(os.sep))


def _is_file_name(value: object) -> bool:
    """Whether a value can only be the relative path of a file: a bare word may be anything."""
    # A lazy object, such as Django's settings, may raise the same error again.
    if not is_really(value, str, Path):
        return False
    text = str(value)
    return (
        0 < len(text) <= _LONGEST_NAME
        and text.isprintable()
        and not text.startswith(("/", "-"))
        and ".." not in text.split("/")
        and bool(os.path.splitext(text)[1] or "/" in text)
    )
