"""Cold start: unpack the archive into a tree that is complete or not there. Standard library only."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from django_pyz_runtime.boot import tree_locks
from django_pyz_runtime.boot.releases import remove, remove_left_over
from django_pyz_runtime.bundle.blocks import Writer, read_layout
from django_pyz_runtime.bundle.container import Container
from django_pyz_runtime.errors import say

_PATIENCE_SECONDS = 1.0


def unpack(executable: str, container: Container, tree: str) -> bool:
    """Unpack an archive to `tree`, all or nothing; a second process uses the first one's tree.

    Each block is checked against its digest before anything of it is written, and all of it is on disk before the tree
    gets its name, so that a power cut leaves no tree of empty files.

    Args:
        executable: the archive.
        container: its table of contents.
        tree: the folder to make; the one above it exists and is trusted.

    Returns:
        Whether it was this process that made the tree.

    Raises:
        UserError: the archive is damaged.
        Untrusted: what is in the place of the lock file is none.
        OSError: it cannot be written there; nothing is left behind.
    """
    handled = _end_on_term()
    try:
        with tree_locks.turn_to_unpack(tree) as alone:
            if os.path.isdir(tree):
                return False
            if alone:
                remove_left_over(tree)
            return _unpack(executable, container, tree)
    finally:
        if handled is not None:
            signal.signal(signal.SIGTERM, handled)


def _unpack(executable: str, container: Container, tree: str) -> bool:
    temporary, descriptor = _temporary_folder(tree)
    try:
        _extract_all(executable, container, temporary)
        _sync(temporary)
        os.rename(temporary, tree)
        return True
    except BaseException as error:
        remove(temporary)
        if isinstance(error, OSError) and os.path.isdir(tree):
            return False
        raise
    finally:
        os.close(descriptor)


def _temporary_folder(tree: str) -> tuple[str, int]:
    """A folder beside a tree, and the descriptor that holds it: nobody takes it for one that was left over."""
    while True:
        temporary = tempfile.mkdtemp(prefix=f".{os.path.basename(tree)}.", dir=os.path.dirname(tree))
        if (descriptor := tree_locks.hold(temporary)) is not None:
            return temporary, descriptor


def _end_on_term() -> Any:
    """Let SIGTERM end this process with cleanup; returns the handler to restore, None outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return None
    return signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def _extract_all(executable: str, container: Container, target: str) -> None:
    """Extract in parallel, large blocks first: zlib and the file system both let other threads go on."""
    tell = _after(_PATIENCE_SECONDS, f"unpacking to {os.path.dirname(target)} (only once)")
    with open(executable, "rb", buffering=0) as archive:
        descriptor = archive.fileno()
        layout = read_layout(executable, descriptor, container.tree)
        writer = Writer(executable, descriptor, target)
        blocks = sorted(layout.blocks, key=lambda block: -block.size)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            # A thread whose start is interrupted is one that the pool does not know of, and does not wait for.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
            jobs = [pool.submit(writer.write, block) for block in blocks]
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            try:
                for done in as_completed(jobs):
                    done.result()
                    tell()
            finally:
                pool.shutdown(cancel_futures=True)
        writer.finish(layout)


def _after(seconds: float, message: str) -> Callable[[], None]:
    """A function that prints the message, once, when it is called after that many seconds; only on a terminal."""
    start = time.monotonic()
    told = not sys.stderr.isatty()

    def tell() -> None:
        nonlocal told
        if not told and time.monotonic() - start > seconds:
            told = True
            say(message)

    return tell


def _sync(folder: str) -> None:
    """Write the file system that holds the folder to disk: one syncfs costs a fraction of an fsync per file.

    Raises:
        OSError: some of it cannot be written.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        import ctypes

        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    except (ImportError, AttributeError):
        os.sync()
    finally:
        os.close(descriptor)
