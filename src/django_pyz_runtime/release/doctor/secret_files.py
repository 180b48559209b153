"""The files that the configuration names for secrets, readable or not."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.boot import ini


class SecretFile(NamedTuple):
    """A file that the configuration names for a value.

    Attributes:
        path: of the file.
        named_by: the line that names it, as "/etc/shop/settings.ini:12".
        key: of the value.
    """

    path: Path
    named_by: str
    key: str


def named_in(settings_files: Iterable[Path]) -> Iterator[SecretFile]:
    """The files that `KEY@file` names.

    Args:
        settings_files: files like settings.ini; those that cannot be read name nothing.
    """
    for path in settings_files:
        with contextlib.suppress(OSError):
            for entry in ini.read(path.read_bytes())[0]:
                key, _, where = entry.key.partition("@")
                if where == "file" and os.path.isabs(entry.text):
                    yield SecretFile(Path(entry.text), f"{path}:{entry.line}", key)
