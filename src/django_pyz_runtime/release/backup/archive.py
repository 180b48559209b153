"""The file of a backup: a compressed tar archive that ends with a list of its members.

`manifest.json` comes last, as checksums are known only after the files were read. Names of users are left out:
the restore decides who owns the files.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import posixpath
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO

from django_pyz_runtime.errors import UserError, system_reason

FORMAT = 1
MANIFEST = "manifest.json"
_LEVEL = 6
_BLOCK_BYTES = 1 << 20
_DAMAGE = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError, RecursionError)


class _Reader:
    """Reads a file and computes its checksum."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        block = self._file.read(size)
        self._digest.update(block)
        self.size_bytes += len(block)
        return block

    def sha256(self) -> str:
        """The checksum of everything read so far."""
        return self._digest.hexdigest()


class Writer:
    """Writes a backup.

    Args:
        file: open for writing.

    Attributes:
        members: the written members, as in the manifest.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._zip = gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=file, mtime=0)
        self._tar = tarfile.TarFile(
            mode="w", fileobj=self._zip, format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
        )
        self.members: list[dict[str, Any]] = []

    def add_file(self, name: str, file: IO[bytes]) -> None:
        """Add an open file.

        Raises:
            UserError: it was truncated meanwhile.
            OSError: it cannot be read, or the archive cannot be written.
        """
        status = os.fstat(file.fileno())
        member = _member(name, tarfile.REGTYPE, status)
        member.size = status.st_size
        reader = _Reader(file)
        try:
            self._tar.addfile(member, reader)
        except OSError as error:
            if error.errno is None:
                raise UserError(f"{file.name}: was truncated while it was read", hint="Try again.") from None
            raise
        self.members.append({"name": name, "size": reader.size_bytes, "sha256": reader.sha256()})

    def add_folder(self, name: str, status: os.stat_result) -> None:
        """Add a folder without its content."""
        self._tar.addfile(_member(name, tarfile.DIRTYPE, status))
        self.members.append({"name": name, "folder": True})

    def add_link(self, name: str, target: str, status: os.stat_result) -> None:
        """Add a symbolic link."""
        member = _member(name, tarfile.SYMTYPE, status)
        member.linkname = target
        self._tar.addfile(member)
        self.members.append({"name": name, "link": target})

    def close(self, facts: dict[str, Any]) -> None:
        """Write the manifest and finish the file.

        Args:
            facts: for the manifest.
        """
        content = json.dumps({"format": FORMAT, **facts, "members": self.members}, indent=1).encode() + b"\n"
        member = tarfile.TarInfo(MANIFEST)
        member.size, member.mode, member.mtime = len(content), 0o600, facts["created_at"]
        self._tar.addfile(member, BytesIO(content))
        self._tar.close()
        self._zip.close()


def _member(name: str, kind: bytes, status: os.stat_result) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.mtime = kind, stat.S_IMODE(status.st_mode) & 0o777, int(status.st_mtime)
    return member


class Archive:
    """A backup that was read completely and is intact.

    Args:
        path: of the file.

    Attributes:
        path: of the file.
        facts: the manifest.

    Raises:
        UserError: it cannot be read, is not a backup, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: dict[str, dict[str, Any]] = {}
        self.facts: dict[str, Any] = {}
        self._walk(self._sum_up)
        self._check()

    def extract(self, place: Callable[[str], Path | None]) -> None:
        """Write the members to their places and compare them with the manifest once more.

        Args:
            place: gives the path for a member, in a folder that nobody else can change; None skips it.

        Raises:
            UserError: a file cannot be written, or the archive was changed meanwhile.
        """

        def write(tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
            if member.name == MANIFEST:
                return
            if member.name not in self._found:
                raise self._damaged("it was changed while it was read")
            if target := place(member.name):
                self._write(tar, member, target)

        self._walk(write)

    def _walk(self, look: Callable[[tarfile.TarFile, tarfile.TarInfo], None]) -> None:
        """Read the whole file, member by member; its end has a checksum of everything (RFC 1952)."""
        try:
            with self.path.open("rb") as file, gzip.GzipFile(fileobj=file) as content:
                with tarfile.open(fileobj=content, mode="r|", encoding="utf-8", errors="surrogateescape") as tar:
                    for member in tar:
                        look(tar, member)
                while content.read(_BLOCK_BYTES):
                    pass
        except _DAMAGE as error:
            raise self._damaged(str(error)) from error
        except OSError as error:
            raise UserError(f"{error.filename or self.path}: {system_reason(error)}") from None

    def _sum_up(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        name = member.name
        if name in self._found or not _is_below(name):
            raise self._damaged(f"the name {name!r} points outside the archive or occurs twice")
        if member.isreg():
            with tar.extractfile(member) or BytesIO() as file:
                if name == MANIFEST:
                    self.facts = json.loads(file.read())
                    return
                reader = _Reader(file)
                while reader.read(_BLOCK_BYTES):
                    pass
            self._found[name] = {"name": name, "size": reader.size_bytes, "sha256": reader.sha256()}
        elif member.isdir():
            self._found[name] = {"name": name, "folder": True}
        elif member.issym():
            if not leads_inside(name, member.linkname):
                raise self._damaged(f"the link {name!r} points outside the archive")
            self._found[name] = {"name": name, "link": member.linkname}
        else:
            raise self._damaged(f"{name!r} is not a file, folder or symbolic link")

    def _check(self) -> None:
        """Compare the members with the manifest.

        Raises:
            UserError: something differs.
        """
        if not isinstance(self.facts, dict) or "members" not in self.facts:
            raise UserError(f"{self.path}: is not a site backup: it has no {MANIFEST}")
        if (found := self.facts.get("format")) != FORMAT:
            raise UserError(
                f"{self.path}: wanted a backup of format {FORMAT}, found {found!r}",
                hint="Restore it with the release that has made it.",
            )
        try:
            wanted = {member["name"]: member for member in self.facts["members"]}
            is_fit = all(_is_below(place["name"]) and "folder" in place for place in self.facts["places"])
            is_fit &= all(facts["vendor"] and facts["member"] for facts in self.facts["databases"].values())
            is_fit &= all(isinstance(self.facts[key], str) for key in ("name", "build", "created"))
        except (TypeError, KeyError, AttributeError):
            is_fit = False
        if not is_fit:
            raise self._damaged(f"{MANIFEST} is not valid")
        for name in sorted({*wanted, *self._found}):
            if wanted.get(name) != self._found.get(name):
                raise self._damaged(f"{name!r} does not match {MANIFEST}")
        for name in self._found:
            above = [str(parent) for parent in Path(name).parents][:-1]
            if any("folder" not in self._found.get(one, {"folder": True}) for one in above):
                raise self._damaged(f"{name!r} is below something that is not a folder")

    def _write(self, tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
        if member.isdir():
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            return
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if member.issym():
            target.symlink_to(member.linkname)
            return
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file, tar.extractfile(member) or BytesIO() as source:
            reader = _Reader(source)
            while block := reader.read(_BLOCK_BYTES):
                file.write(block)
            file.flush()
            os.fsync(descriptor)
            os.fchmod(descriptor, member.mode & 0o777)
            os.utime(descriptor, (member.mtime, member.mtime))
        if reader.sha256() != self._found[member.name].get("sha256"):
            raise self._damaged("it was changed while it was read")

    def folders(self) -> Iterator[str]:
        """The names of the folders in it."""
        return (name for name, member in self._found.items() if "folder" in member)

    def names(self) -> Iterator[str]:
        """The names of all members except the manifest."""
        return iter(self._found)

    def _damaged(self, why: str) -> UserError:
        return UserError(
            f"{self.path}: is damaged or not a site backup: {why}", hint="Nothing was changed. Use another one."
        )


def leads_inside(name: str, target: str) -> bool:
    """Whether a link points into the same part of an archive.

    Args:
        name: of the link.
        target: of the link.
    """
    parts = posixpath.join(target, "").split("/")
    leading = next((at for at, part in enumerate(parts) if part != ".."), 0)
    # A later part of the path may follow another link.
    if target.startswith("/") or ".." in parts[leading:]:
        return False
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
    return _is_below(reached) and reached.split("/")[:1] == name.split("/")[:1]


def _is_below(name: str) -> bool:
    return not name.startswith("/") and bool(name) and ".." not in name.split("/") and "\0" not in name
