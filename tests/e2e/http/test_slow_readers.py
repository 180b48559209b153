"""Clients that do not read their answers, or slowly: nobody else waits for them, nor are they waited for for ever."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Machine, Server
from tests.e2e.http.raw_http import configure_echo, connected
from tests.waiting import wait_until

SIZE = 20_000_000
"""More than the kernel keeps for a connection."""
URLS = f"""
import hashlib, os
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import path

NAME = os.path.join(os.path.dirname(__file__), "large")
DATA = hashlib.shake_128(b"large").digest({SIZE})
with open(NAME, "wb") as file:
    file.write(DATA)

def stream(request):
    return StreamingHttpResponse(DATA[at : at + 50_000] for at in range(0, len(DATA), 50_000))

def range_of(request):
    file = open(NAME, "rb")
    file.seek(len(DATA) // 2)
    return FileResponse(file)

urlpatterns = [
    path("whole/", lambda request: HttpResponse(DATA)),
    path("stream/", stream),
    path("file/", lambda request: FileResponse(open(NAME, "rb"))),
    path("rest/", range_of),
    path("quick/", lambda request: HttpResponse("quick")),
]
"""
WAYS = ("whole", "stream", "file")


@pytest.fixture(scope="module", params=["wsgi", "asgi"])
def site(
    request: pytest.FixtureRequest, sample_bundle: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Large answers, by as few threads as there are ways."""
    machine = Machine(tmp_path_factory.mktemp("site"), sample_bundle)
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    serve = f"[serve]\ninterface = {request.param}\nworkers = 1\nthreads = 3\nanswer_timeout = 4\ntimeout = 10\n"
    configure_echo(machine, more=serve, urls=URLS)
    with machine.serving("--migrate") as server:
        yield server


def asked(server: Server, path: str) -> socket.socket:
    """A connection with little room for what comes, on which a path was asked for."""
    client = connected(server.url)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
    client.sendall(f"GET /{path}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    return client


def body(data: bytes) -> bytes:
    """The body of an answer, without the sizes of its chunks."""
    head, _, rest = data.partition(b"\r\n\r\n")
    if not re.search(rb"(?i)transfer-encoding: chunked", head):
        return rest
    pieces = []
    while size := int(rest[: (end := rest.index(b"\r\n"))], 16):
        pieces.append(rest[end + 2 : end + 2 + size])
        rest = rest[end + 4 + size :]
    return b"".join(pieces)


def read_to_the_end(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(1_000_000), b""))


def test_clients_that_do_not_read_leave_others_served_and_are_given_up(site: Server) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(asked(site, way)) for way in (*WAYS, "whole")]
        assert site.get("/quick/").text == "quick"
        wait_until(lambda: site.said.count("reads the response too slowly") == 4, lambda: site.said)
        for client in clients:
            with pytest.raises(ConnectionResetError):
                read_to_the_end(client)
    assert "Traceback" not in site.said


@pytest.mark.parametrize("way", WAYS)
def test_a_large_answer_comes_whole(site: Server, way: str) -> None:
    with asked(site, way) as client:
        data = body(read_to_the_end(client))
    assert data == hashlib.shake_128(b"large").digest(SIZE)


def test_the_rest_of_a_file_is_sent_from_where_it_is(site: Server) -> None:
    with asked(site, "rest") as client:
        data = body(read_to_the_end(client))
    assert data == hashlib.shake_128(b"large").digest(SIZE)[SIZE // 2 :]


def test_clients_that_read_slowly_but_steadily_get_everything(site: Server) -> None:
    """For more than twice the time in which a thousand bytes must be taken: one of these pieces each time is enough."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(asked(site, way)) for way in WAYS]
        begin = time.monotonic()
        pause = threading.Event()
        data = [b""] * len(clients)
        for _ in range(16):
            data = [before + client.recv(64 * 1024) for before, client in zip(data, clients, strict=True)]
            pause.wait(0.55)
        assert time.monotonic() - begin > 8
        for before, client in zip(data, clients, strict=True):
            assert body(before + read_to_the_end(client)) == hashlib.shake_128(b"large").digest(SIZE)


def test_clients_that_keep_their_end_open_do_not_hold_up_the_server(site: Server) -> None:
    """gunicorn's own worker waits for two seconds for each of them, with nothing else done, and is soon replaced."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(asked(site, "quick")) for _ in range(40)]
        for client in clients:
            assert read_to_the_end(client).endswith(b"quick")
        assert site.get("/quick/").text == "quick"
    assert "WORKER TIMEOUT" not in site.said
