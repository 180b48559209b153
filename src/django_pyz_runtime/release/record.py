"""Records of running processes: each process keeps a small file for as long as it lives.

A process locks its file (fcntl(2), POSIX record locks). So the kernel tells which process a file belongs to and whether
it is still alive; the content, which others may have written, is not trusted for that.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.release.locks import holder

WEB = "web"
"""The role of the server's master process."""
VARIABLE = "DJANGO_PYZ_RECORD"
"""Passes the path of the file to the next master in the same process."""
_FILE = re.compile(r"[A-Za-z0-9._-]+\.\d+\.json")
_TRIES = 20


class Running(NamedTuple):
    """A process of a release.

    Attributes:
        pid: its process id, as the kernel says.
        file: its record.
        facts: its role, version and build, state and status, and the time of its start; of the server also how many
            reloads were requested and have ended, and why the last one was refused.
    """

    pid: int
    file: Path
    facts: Mapping[str, Any]

    def text(self, name: str) -> str:
        """One of the facts, on one line; "" if it is missing."""
        found = " ".join(str(self.facts.get(name, "")).split())
        return "".join(letter if letter.isprintable() else "?" for letter in found)

    def number(self, name: str) -> int:
        """One of the facts; 0 if it is not a whole number."""
        found = self.facts.get(name)
        return found if isinstance(found, int) else 0


class Record:
    """The file of this process, once `begin` was called; until then its facts are only collected.

    Args:
        role: "web", or the name of a service.
        bundle: the running one; None for a process that keeps no record.
    """

    def __init__(self, role: str = "", bundle: Bundle | None = None) -> None:
        self._descriptor: int | None = None
        self._owner = 0
        self._role = role
        self._bundle = bundle
        self.path = ""
        self.facts: dict[str, Any] = {"role": role, "started": int(time.time())}
        if bundle:
            self.facts |= {"version": bundle.manifest.version, "build": bundle.build_id}

    def begin(self, data: Path) -> None:
        """Create the record of this process in the first folder that can be written.

        Args:
            data: the data folder, which is tried last.
        """
        if not self._bundle or self._descriptor is not None:
            return
        for folder in _folders(self._bundle.manifest.name, data):
            with contextlib.suppress(OSError):
                folder.mkdir(mode=0o755, exist_ok=True)
                _remove_left_over(folder)
                self._open(folder / self._file_name)
                return

    def resume(self, path: str) -> None:
        """Continue the file of the previous master in this process, if there is one.

        Args:
            path: from the environment.
        """
        if not self._bundle or os.path.basename(path) != self._file_name:
            return
        with contextlib.suppress(OSError, ValueError):
            before = json.loads(Path(path).read_bytes())
            self.facts = {**before, **self.facts}
            self._open(Path(path))

    @property
    def _file_name(self) -> str:
        return f"{self._role}.{os.getpid()}.json"

    def _open(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor, self._owner, self.path = descriptor, os.getpid(), str(path)
        self.say()

    def say(self, **more: object) -> None:
        """Add or change facts. A full disk must not end a server."""
        self.facts |= more
        if self._descriptor is None:
            return
        text = json.dumps(self.facts).encode() + b"\n"
        with contextlib.suppress(OSError):
            os.pwrite(self._descriptor, text, 0)
            os.ftruncate(self._descriptor, len(text))

    def outlive_exec(self) -> None:
        """Keep the file locked when this process executes another program."""
        if self._descriptor is not None:
            os.set_inheritable(self._descriptor, True)

    def end(self) -> None:
        """Remove the file, in the process that owns it."""
        if self._descriptor is not None and self._owner == os.getpid():
            with contextlib.suppress(OSError):
                os.unlink(self.path)
                if "RUNTIME_DIRECTORY" not in os.environ:
                    os.rmdir(os.path.dirname(self.path))
            os.close(self._descriptor)
            self._descriptor = None


def running(name: str, data: Path | None) -> list[Running]:
    """The living processes of a project with their facts, as far as this user may read their records.

    Args:
        name: the project's.
        data: the data folder; None if it is not known.
    """
    seen: dict[int, Running] = {}
    for folder in _folders(name, data):
        for file in _files(folder):
            if (found := _read(file)) and found.pid not in seen:
                seen[found.pid] = found
    return sorted(seen.values(), key=lambda one: (one.text("role") != WEB, one.text("role"), one.pid))


def look(pid: int, file: Path) -> Running | None:
    """The current record of a process; None if it has ended or another release has replaced it."""
    found = _read(file)
    return found if found and found.pid == pid else None


def _folders(name: str, data: Path | None) -> Iterator[Path]:
    """The folders for records, best first."""
    places = [os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0], f"/run/{name}"]
    if of_user := os.environ.get("XDG_RUNTIME_DIR"):
        places.append(os.path.join(of_user, name))
    yield from dict.fromkeys(Path(place) for place in places if os.path.isabs(place))
    if data:
        yield data / "run"


def _files(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from (folder / entry for entry in sorted(os.listdir(folder)) if _FILE.fullmatch(entry))


def _read(file: Path) -> Running | None:
    """The record in a file, with its process; None if no process holds it."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode) or (pid := holder(descriptor)) <= 0:
            return None
        return Running(pid, file, _facts(descriptor))
    finally:
        os.close(descriptor)


def _facts(descriptor: int) -> dict[str, Any]:
    """The content of a file, which may be changing."""
    for _ in range(_TRIES):
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(os.pread(descriptor, 1 << 20, 0))
            return found if isinstance(found, dict) else {}
    return {}


def _remove_left_over(folder: Path) -> None:
    """Remove the files of processes that were killed."""
    for file in _files(folder):
        with contextlib.suppress(OSError):
            if _read(file) is None and file.lstat().st_uid == os.geteuid():
                file.unlink()
