"""A disk that remembers the order in which it was written to: what a power cut leaves of it, at any moment.

A file system of one file, fuse(4), in a process of its own; Linux mounts that file as a loop device, which is told of
each flush. The process writes a log: of each write its offset, size and bytes, of each flush a size of 0.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import random
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pytest

from tests import programs
from tests.e2e.faults.small_machines import mounted

NEEDS = pytest.mark.needs(programs.ROOT, "mkfs.ext4", programs.FUSE)
_IN, _OUT = struct.Struct("<IIQQIIIHH"), struct.Struct("<IiQ")
_RECORD = struct.Struct("<QI")
_GETATTR, _SETATTR, _OPEN, _READ, _WRITE, _STATFS, _RELEASE, _FSYNC = 3, 4, 14, 15, 16, 17, 18, 20
_FORGET, _FLUSH, _INIT, _INTERRUPT, _DESTROY = 2, 25, 26, 36, 38
_BIG_WRITES, _MAX_PAGES = 1 << 5, 1 << 22
_LARGEST_BYTES, _PAGES = 1 << 20, 256


class Write(NamedTuple):
    """A write, or a flush of all writes before it: its size is 0."""

    offset: int
    data: bytes


class Recorded:
    """A disk whose writes were recorded.

    Args:
        base: what was on it before.
        log: of its writes.
    """

    def __init__(self, base: Path, log: Path) -> None:
        self._base = base
        self.writes = list(_writes(log))

    def flushes(self) -> list[int]:
        """The moments right after each flush."""
        return [number + 1 for number, write in enumerate(self.writes) if not write.data]

    def first_with(self, text: bytes) -> int:
        """The moment at which a text is written first."""
        return next(number for number, write in enumerate(self.writes) if text in write.data)

    def cut(self, target: Path, moment: int, chance: random.Random | None = None) -> Path:
        """Make what is on the disk after a power cut.

        Args:
            target: the image to write. Each is to have a name of its own, as Linux may still know the one before.
            moment: how many of the writes had begun.
            chance: which of those since the last flush got there; None for all of them.
        """
        subprocess.run(["cp", "--sparse=always", self._base, target], check=True)
        safe = max((flush for flush in self.flushes() if flush <= moment), default=0)
        with target.open("r+b") as file:
            for number, write in enumerate(self.writes[:moment]):
                if number < safe or chance is None or chance.random() < 0.5:
                    os.pwrite(file.fileno(), write.data, write.offset)
        return target


@contextlib.contextmanager
def recorded(folder: Path, base: Path, log: Path, *options: str) -> Iterator[Path]:
    """An image, mounted on a folder, with all that is written to it recorded.

    Args:
        folder: to mount it on.
        base: the image, which stays as it is.
        log: to write.
        options: of mount.
    """
    image = log.with_name(f"{log.name}.image")
    subprocess.run(["cp", "--sparse=always", base, image], check=True)
    point = log.with_name(f"{log.name}.mounted")
    point.touch()
    command = [sys.executable, "-m", __name__, str(image), str(log), str(point)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdout.readline() == "ready\n"
        try:
            with mounted(folder, "-o", ",".join(["loop", *options]), point):
                yield folder
                # Somebody else's namespace may have it mounted, too, and for longer.
                subprocess.run(["sync", "--file-system", folder], check=True)
        finally:
            subprocess.run(["umount", "--lazy", point], check=True)
            server.terminate()
    image.unlink()


def _writes(log: Path) -> Iterator[Write]:
    with log.open("rb") as file:
        while head := file.read(_RECORD.size):
            offset, size = _RECORD.unpack(head)
            yield Write(offset, file.read(size))


def _serve(image: Path, log: Path, point: Path) -> None:
    device = os.open("/dev/fuse", os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={device},rootmode={stat.S_IFREG:o},user_id=0,group_id=0"
    if libc.mount(b"recorded", bytes(point), b"fuse.recorded", 0, options.encode()):
        raise OSError(ctypes.get_errno(), "cannot be mounted", str(point))
    print("ready", flush=True)
    with image.open("r+b", buffering=0) as disk, log.open("wb", buffering=0) as record:
        while True:
            try:
                message = os.read(device, _LARGEST_BYTES + (1 << 16))
            except OSError as error:
                if error.errno == errno.ENODEV:
                    return
                raise
            _, code, number, *_ = _IN.unpack_from(message)
            if code in (_FORGET, _INTERRUPT):
                continue
            answer = _answer(code, memoryview(message)[_IN.size :], disk.fileno(), record)
            size = _OUT.size + len(answer or b"")
            os.write(device, _OUT.pack(size, 0 if answer is not None else -errno.ENOSYS, number) + (answer or b""))


def _answer(code: int, given: memoryview, disk: int, record: BinaryIO) -> bytes | None:
    """What a request is answered with; None where there is no such thing."""
    if code == _INIT:
        flags = _BIG_WRITES | _MAX_PAGES
        return struct.pack("<IIIIHHIIHHII24x", 7, 31, 0, flags, 16, 16, _LARGEST_BYTES, 1, _PAGES, 0, 0, 0)
    if code in (_GETATTR, _SETATTR):
        size = os.fstat(disk).st_size
        times, mode = bytes(36), stat.S_IFREG | 0o600
        return struct.pack("<QIIQQQ36s7I", 0, 0, 0, 1, size, size // 512, times, mode, 1, 0, 0, 0, 4096, 0)
    if code == _OPEN:
        return struct.pack("<QII", 0, 0, 0)
    if code == _READ:
        _, offset, size = struct.unpack_from("<QQI", given)
        return os.pread(disk, size, offset)
    if code == _WRITE:
        _, offset, size = struct.unpack_from("<QQI", given)
        data = given[40 : 40 + size]
        os.pwrite(disk, data, offset)
        record.write(_RECORD.pack(offset, size) + data)
        return struct.pack("<II", size, 0)
    if code == _FSYNC:
        record.write(_RECORD.pack(0, 0))
    if code == _STATFS:
        return bytes(80)
    return b"" if code in (_FSYNC, _FLUSH, _RELEASE, _DESTROY) else None


if __name__ == "__main__":
    _serve(*map(Path, sys.argv[1:]))
