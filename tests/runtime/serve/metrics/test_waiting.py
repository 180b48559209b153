"""Connections that wait to be accepted."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from pathlib import Path

from django_pyz_runtime.serve.metrics.waiting import waiting


def inode(listener: socket.socket) -> int:
    return os.fstat(listener.fileno()).st_ino


def test_they_are_counted_on_tcp_and_on_unix_sockets(tmp_path: Path) -> None:
    path = str(tmp_path / "a socket")
    with ExitStack() as opened:
        tcp = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        unix = opened.enter_context(socket.socket(socket.AF_UNIX))
        unix.bind(path)
        unix.listen()
        for _ in range(3):
            opened.enter_context(socket.create_connection(tcp.getsockname()))
        for _ in range(2):
            opened.enter_context(socket.socket(socket.AF_UNIX)).connect(path)
        listeners = {"tcp": inode(tcp), "unix": inode(unix), "gone": 1}
        assert waiting(listeners) == {"tcp": 3, "unix": 2}
        opened.enter_context(tcp.accept()[0])
        opened.enter_context(unix.accept()[0])
        assert waiting(listeners) == {"tcp": 2, "unix": 1}


def test_nothing_is_said_where_the_system_does_not_tell(tmp_path: Path) -> None:
    assert waiting({"127.0.0.1:8000": 1}, tmp_path) == {}
