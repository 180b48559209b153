"""`pyz install` and `pyz upgrade`, before there is a tree: it is unpacked to its installed place, not to a cache.

Standard library only.
"""

from __future__ import annotations

import os
import re

from django_pyz_runtime.boot import places
from django_pyz_runtime.bundle import seal
from django_pyz_runtime.bundle.names import absolute
from django_pyz_runtime.errors import UserError, system_reason

PROGRAMS = "usr/bin"
"""Where programs are installed, below the root."""
MADE = "DJANGO_PYZ_MADE_TREE"
"""The variable with the tree that the launcher has just made: it is removed again if the command is refused."""
_FIRST_LINES = re.compile(rb"#!/bin/sh\n\{  # (.+?): a Django project in one file\. .*: \S+ (.+)\n")
"""How a bundle begins, with its project's name and that of its program (django_pyz.pack.programs.first_lines)."""
_NO_MATTER = re.compile(r"--(system|no-backup|no-start|timeout=\d+)")
_LONGEST_BYTES = 1000


def folder_to_unpack_to(archive: str, name: str, command: list[str]) -> str:
    """The folder of releases that `pyz install` or `pyz upgrade` is about to unpack to, after the checks.

    Args:
        archive: the bundle.
        name: the project's.
        command: the command line, from `pyz` on.

    Returns:
        "" where nothing will be written.

    Raises:
        UserError: the file is damaged, or a program of that name is in the way.
    """
    # A value of its own would be taken for the name of a folder.
    words = re.sub(r"\0--timeout\0", "\0--timeout=", "\0".join(command)).split("\0")
    root = _root([word for word in words if not _NO_MATTER.fullmatch(word)])
    if not root:
        return ""
    seal.check(archive)
    _, program = _names(archive)
    check_program(os.path.join(root, PROGRAMS, program), name)
    return root + places.INSTALLED.format(name=name).lstrip("/")


def check_program(program: str, name: str) -> None:
    """Check that the program's path is free, or holds a bundle of the same project, even a damaged one.

    Raises:
        UserError: something else is there.
    """
    if not os.path.lexists(program):
        return
    try:
        found, _ = _names(program)
    except OSError as error:
        why = f"cannot be read ({system_reason(error)})"
    else:
        if found == name:
            return
        why = f"is a bundle of the project {found}" if found else f"is not a bundle of the project {name}"
    raise UserError(
        f"{program}: {why}; not overwritten; nothing was installed",
        hint="Move it away, or build the file again with another name: --script NAME.",
    )


def make_folder(folder: str) -> None:
    """Make a folder and those above it that are not there, for all to read whatever the umask is.

    Raises:
        OSError: it cannot be made.
    """
    if not os.path.isdir(folder):
        make_folder(os.path.dirname(folder))
        os.mkdir(folder)
        os.chmod(folder, 0o755)


def _root(command: list[str]) -> str:
    """The folder to install below, with a slash at its end; "" for a command that only looks."""
    match [part for word in command[2:] for part in word.split("=", 1)]:
        case []:
            return "/"
        case ["--root", root]:
            return os.path.join(absolute(root, "--root"), "")
        case _:
            return ""


def _names(bundle: str) -> tuple[str, str]:
    """The names of a bundle's project and program, as its first lines have them; "" where they are of another file.

    Raises:
        OSError: it cannot be read.
    """
    with open(bundle, "rb") as file:
        found = _FIRST_LINES.match(file.read(_LONGEST_BYTES))
    return (found[1].decode(), found[2].decode()) if found else ("", "")
