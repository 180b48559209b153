"""Cold start: unpack the archive into a tree that is complete or not there. Standard library only."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import IO, Any

from django_pyz_runtime.container import DAMAGE, SITE_PACKAGES, Container, damaged

_WORKERS = 4
_PATIENCE_SECONDS = 1.0


def unpack(executable: str, container: Container, tree: str) -> None:
    """Unpack an archive to `tree`, all or nothing; whoever comes second finds the first one's tree and is content.

    The content is checked against the container's digests before anything is written, and is on disk before the tree
    gets its name, so that a power cut leaves no tree of empty files.

    Args:
        executable: the archive.
        container: its table of contents.
        tree: the folder to make; the one above it exists and is trusted.

    Raises:
        Complaint: the archive is damaged.
        OSError: it cannot be written there; nothing is left behind.
    """
    temporary = tempfile.mkdtemp(prefix=f".{os.path.basename(tree)}.", dir=os.path.dirname(tree))
    handled = _end_on_term()
    try:
        with open(executable, "rb") as file:
            _extract_all(executable, file, container, temporary)
        _sync(temporary)
        os.rename(temporary, tree)
    except BaseException as error:
        remove(temporary)
        if isinstance(error, OSError) and os.path.isdir(tree):
            return
        raise
    finally:
        if handled is not None:
            signal.signal(signal.SIGTERM, handled)


def _end_on_term() -> Any:
    """Let SIGTERM end this process in order; the handler to put back, None where signals are not ours."""
    if threading.current_thread() is not threading.main_thread():
        return None
    return signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def remove(tree: str) -> None:
    """Delete a tree although it is read-only."""
    for folder, _, _ in os.walk(tree):
        os.chmod(folder, 0o700)
    shutil.rmtree(tree, ignore_errors=True)


def _extract_all(executable: str, file: IO[bytes], container: Container, target: str) -> None:
    archives: list[zipfile.ZipFile] = []
    folders = {target}
    jobs: list[tuple[zipfile.ZipFile, zipfile.ZipInfo]] = []
    try:
        for name, size, digest in container.members:
            content = _open_member(executable, file, name, size, digest)
            archives.append(zipfile.ZipFile(content))
            for info in archives[-1].infolist():
                if info.filename.startswith(SITE_PACKAGES + "/") and not info.is_dir():
                    jobs.append((archives[-1], info))
                    folders.update(_folders_of(target, info.filename))
    except DAMAGE as error:
        raise damaged(executable, str(error)) from None
    for folder in sorted(folders - {target}):
        os.mkdir(folder, 0o700)
    _run(jobs, target)
    for folder in folders:
        os.chmod(folder, 0o555)


def _open_member(executable: str, file: IO[bytes], name: str, size: int, digest: str) -> IO[bytes]:
    """The bytes of a stored member, checked, in a file of its own that zipfile can read from many threads."""
    import io

    with zipfile.ZipFile(file) as outer:
        content = outer.read(name)
    if len(content) != size or hashlib.sha256(content).hexdigest() != digest:
        raise damaged(executable, f"{name} is not what was built")
    return io.BytesIO(content)


def _folders_of(target: str, filename: str) -> Iterator[str]:
    """Every folder between the target and a member.

    Raises:
        ValueError: the member's name leads out of the target.
    """
    parts = filename.split("/")
    if ".." in parts or "" in parts:
        raise ValueError(f"unsafe name {filename!r}")
    for end in range(1, len(parts)):
        yield os.path.join(target, *parts[:end])


def _run(jobs: list[tuple[zipfile.ZipFile, zipfile.ZipInfo]], target: str) -> None:
    """Extract in parallel: zlib and the file system both let other threads go on."""
    tell = _after(_PATIENCE_SECONDS, f"unpacking {len(jobs):,} files to {os.path.dirname(target)} (only once)")
    slices = [jobs[start :: _WORKERS * 8] for start in range(_WORKERS * 8)]
    with ThreadPoolExecutor(_WORKERS) as pool:
        for done in as_completed([pool.submit(_extract_some, part, target) for part in slices]):
            done.result()
            tell()


def _extract_some(jobs: list[tuple[zipfile.ZipFile, zipfile.ZipInfo]], target: str) -> None:
    for archive, info in jobs:
        mode = 0o555 if info.external_attr >> 16 & 0o100 else 0o444
        path = os.path.join(target, info.filename)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "wb") as file:
            file.write(archive.read(info))
            os.fchmod(descriptor, mode)


def _after(seconds: float, message: str) -> Callable[[], None]:
    """A function that prints the message, once, when it is called after that many seconds; only on a terminal."""
    start = time.monotonic()
    told = not sys.stderr.isatty()

    def tell() -> None:
        nonlocal told
        if not told and time.monotonic() - start > seconds:
            told = True
            print(f"{os.path.basename(sys.argv[0])}: {message}", file=sys.stderr, flush=True)

    return tell


def _sync(folder: str) -> None:
    """Write the file system that holds the folder to disk: one syncfs costs a fraction of an fsync per file."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        import ctypes

        if ctypes.CDLL(None).syncfs(descriptor) != 0:
            os.sync()
    except (ImportError, OSError, AttributeError):
        os.sync()
    finally:
        os.close(descriptor)
