"""A Redis that keeps nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.harness import running, wait_for_line

_OPTIONS = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no")


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A server on a free port until the end of the block, and its URL."""
    # Somebody else may take a port that is free before Redis does.
    for _ in range(20):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with running([_program(), *_OPTIONS, "--port", str(port)], cwd=folder, env=os.environ) as server:
            if wait_for_line(server, "Ready to accept connections|Address already in use").startswith("Ready"):
                yield f"redis://127.0.0.1:{port}/0"
                return
    raise AssertionError("no port stays free")


@contextlib.contextmanager
def redis_in(leader: int, folder: Path) -> Iterator[str]:
    """The same in the network of a booted machine.

    Args:
        leader: its process 1.
        folder: to run in.
    """
    enter = ["nsenter", "--target", str(leader), "--net", "--"]
    with running([*enter, _program(), *_OPTIONS, "--port", "6379"], cwd=folder, env=os.environ) as server:
        wait_for_line(server, "Ready to accept connections")
        yield "redis://127.0.0.1:6379/0"


def _program() -> str:
    return shutil.which("redis-server") or ""
