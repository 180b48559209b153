"""The outer archive: its table of contents, and the position of the tree. Standard library only.

The build wing writes it, the launcher reads it.

The tree is a row of blocks behind one another, each compressed by itself, and an index:

    {"folders": [path, ...],
     "blocks": [[offset, size, sha256, compression, [[folder, name, size, is executable], ...]], ...],
     "links": [[path, path of the same content], ...]}

Paths are relative to the tree; a folder is a position in the list, in which each comes after the one it lies in. A
block is the contents of its files, one after the other. The index is JSON, compressed by zlib.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from typing import NamedTuple

from django_pyz_runtime.errors import UserError

CONTAINER = "container.json"
"""The archive member that says what the others are: "format", "name", "build_id", "python", "bound_to_python",
"least_patch", "below_patch", "has_extensions", and "tree", an object with the "offset" of the tree in the file, and its
index: "index_offset" from there, "index_size", and "index_sha256"."""
FORMAT = 3
DAMAGE = (zipfile.BadZipFile, ValueError, KeyError, RuntimeError, EOFError, struct.error, zlib.error)
"""What zipfile raises on bytes that are no zip file; RuntimeError where they ask for a password."""
STORED, DEFLATE, LZMA = "stored", "deflate", "lzma"


class Tree(NamedTuple):
    """Where the tree is in a file, in bytes.

    Attributes:
        offset: of the first block in the file.
        index_offset: of the index, from there.
        index_size: of it.
        index_sha256: of it as it is stored.
    """

    offset: int
    index_offset: int
    index_size: int
    index_sha256: str


class Container(NamedTuple):
    """The table of contents of an archive.

    Attributes:
        name: the project's name.
        build_id: digest over the names, modes and contents of the tree.
        python: the version it was built with, as "3.11".
        bound_to_python: whether it runs with that version only.
        least_patch: the first patch release of that version that it runs with; 0 for all.
        below_patch: the first one after that which it does not run with; 0 for none.
        has_extensions: whether a file system must allow compiled modules in it to be loaded.
        tree: where the tree is.
    """

    name: str
    build_id: str
    python: str
    bound_to_python: bool
    least_patch: int
    below_patch: int
    has_extensions: bool
    tree: Tree

    @property
    def runs_on(self) -> tuple[str, bool, int, int]:
        """The Python that it needs."""
        return self.python, self.bound_to_python, self.least_patch, self.below_patch

    def to_json(self) -> str:
        """What `read_container` reads back."""
        data = {**self._asdict(), "tree": self.tree._asdict(), "format": FORMAT}
        return json.dumps(data, indent=1, sort_keys=True)


def read_container(executable: str) -> Container:
    """Read the table of contents of an archive.

    Raises:
        UserError: the file is damaged, or no archive of ours.
    """
    try:
        with zipfile.ZipFile(executable) as archive:
            data = json.loads(archive.read(CONTAINER))
        if (found := data.pop("format")) != FORMAT:
            raise damaged(executable, f"container format {found!r}, wanted {FORMAT}")
        container = Container(**{**data, "tree": Tree(**data["tree"])})
        if not _is_well_formed(container):
            raise damaged(executable, "its table of contents has another form")
        return container
    except (OSError, TypeError, AttributeError, *DAMAGE) as error:
        raise damaged(executable, str(error)) from None


def _is_well_formed(container: Container) -> bool:
    """Whether each field has its type, and the build id can be the name of a folder."""
    texts = (container.name, container.build_id, container.python, container.tree.index_sha256)
    sizes = (container.least_patch, container.below_patch, *container.tree[:3])
    are_typed = all(isinstance(text, str) for text in texts) and all(type(size) is int for size in sizes)
    return are_typed and container.build_id.isalnum()


def damaged(executable: str, why: str) -> UserError:
    """The error for a file that differs from the build."""
    return UserError(f"{executable}: the file is damaged ({why})", hint="Copy it again from where it was built.")
