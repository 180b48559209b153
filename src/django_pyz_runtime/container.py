"""The outer archive: what it says of itself. The build wing writes it, the launcher reads it. Standard library only."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from typing import NamedTuple

from django_pyz_runtime.complaints import Complaint

CONTAINER = "container.json"
"""The archive member that lists the others: "format", "name", "build_id", "python",
"bound_to_python", and "members", an object with the "size" and "sha256" of each."""
FORMAT = 1
SITE_PACKAGES = "site-packages"
DAMAGE = (zipfile.BadZipFile, ValueError, KeyError, RuntimeError, EOFError, struct.error, zlib.error)
"""What zipfile raises on bytes that are no zip file; RuntimeError where they ask for a password."""


class Container(NamedTuple):
    """The table of contents of an archive.

    Attributes:
        name: the project's name.
        build_id: digest over the names, modes and contents of the tree.
        python: the version it was built with, as "3.11".
        bound_to_python: whether it runs with that version only.
        members: the zip files to unpack: name, size in bytes, sha256.
    """

    name: str
    build_id: str
    python: str
    bound_to_python: bool
    members: tuple[tuple[str, int, str], ...]


def read_container(executable: str) -> Container:
    """Read what an archive says of itself.

    Raises:
        Complaint: the file is damaged, or no archive of ours.
    """
    try:
        with zipfile.ZipFile(executable) as archive:
            data = json.loads(archive.read(CONTAINER))
        if data["format"] != FORMAT:
            raise damaged(executable, f"container format {data['format']!r}, wanted {FORMAT}")
        members = tuple((name, item["size"], item["sha256"]) for name, item in sorted(data["members"].items()))
        return Container(data["name"], data["build_id"], data["python"], data["bound_to_python"], members)
    except (OSError, TypeError, AttributeError, *DAMAGE) as error:
        raise damaged(executable, str(error)) from None


def damaged(executable: str, why: str) -> Complaint:
    """What to say of a file that is not as it was built."""
    return Complaint(f"{executable}: the file is damaged ({why})", hint="Copy it again from where it was built.")
