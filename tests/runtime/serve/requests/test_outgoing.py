"""What is sent, and how long a client may take to take it."""

from __future__ import annotations

import ctypes
import io
import math
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from django_pyz_runtime.serve.limits import Limits
from django_pyz_runtime.serve.requests.outgoing import Outgoing, PatientSocket

DATA = bytes(range(256)) * 4000


def pair(answer_seconds: float) -> tuple[PatientSocket, socket.socket]:
    """A connection, and its client."""
    server, client = socket.socketpair()
    return PatientSocket(server, Limits(answer_seconds=answer_seconds)), client


def test_each_part_of_an_answer_has_a_time() -> None:
    outgoing = Outgoing(Limits(answer_seconds=10), taken=100, now=0)
    assert outgoing.deadline == 10
    assert outgoing.may_go_on(taken=5100, now=10)
    assert outgoing.deadline == 20
    assert not outgoing.may_go_on(taken=10_099, now=20)


def test_everything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    server, client = pair(math.inf)
    with ThreadPoolExecutor(1) as pool, client, server, path.open("rb") as file:
        received = pool.submit(client.makefile("rb").read)
        server.sendall(memoryview(DATA))
        assert server.sendfile(file, 1000, 500_000) == 500_000
        assert server.sendfile(file, 1000) == len(DATA) - 1000
        assert server.sendfile(file, len(DATA)) == 0
        server.close()
        assert received.result() == DATA + DATA[1000:501_000] + DATA[1000:]


def test_a_file_that_the_kernel_cannot_send_is_read() -> None:
    here = ctypes.create_string_buffer(DATA, len(DATA))
    server, client = pair(math.inf)
    with ThreadPoolExecutor(1) as pool, client, server, io.FileIO("/proc/self/mem") as file:
        received = pool.submit(client.makefile("rb").read)
        assert server.sendfile(file, ctypes.addressof(here), len(DATA)) == len(DATA)
        server.close()
        assert received.result() == DATA


def test_a_client_that_takes_nothing_is_given_up() -> None:
    server, client = pair(0.05)
    with server, client:
        with pytest.raises(BrokenPipeError, match="reads the response too slowly"):
            server.sendall(DATA)
        assert server.is_given_up


def test_where_it_must_not_wait_it_does_not() -> None:
    server, client = pair(math.inf)
    with server, client:
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.sendall(DATA)
        assert not server.is_given_up
