"""Clients that send half a request: nobody else waits for them, and they are not waited for for ever."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import resource
import select
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from django_pyz_runtime.serve.limits import Limits
from tests.e2e.harness import Machine, Server, wait_for_line
from tests.e2e.http.raw_http import Answers, ask, configure_echo, connected, exchange, half_open, read_all, seen
from tests.waiting import DEADLINE_SECONDS

HEAD = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /slow HTTP/1.1\r\nHost: localhost\r\n"
STARTS = {
    "nothing": b"",
    "half-a-request-line": b"GET /sl",
    "half-a-head": HEAD + b"X-Slow: ",
    "half-a-body": POST + b"Content-Length: 100000\r\n\r\nab",
    "half-a-chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n64\r\nab",
}
SERVE = "[serve]\ninterface = {}\nworkers = {}\n"
PATIENT = f"head_timeout = {100 * DEADLINE_SECONDS}\nbody_timeout = {100 * DEADLINE_SECONDS}\n"
"""Whoever waits for a client that sends half a request gets no answer in time."""
WATCHED_SECONDS = float(os.environ.get("HALF_OPEN_SECONDS", "6"))
"""How long half-open connections are held in a test; by hand, longer."""
INTERFACES = pytest.mark.parametrize("interface", ["wsgi", "asgi"])


@pytest.fixture(autouse=True)
def files() -> Iterator[None]:
    """Let this process have as many connections open as the tests want."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def trickling(clients: list[socket.socket], piece: bytes, pause_seconds: float = 1.0) -> Iterator[None]:
    """Send a piece on each connection again and again, until the end of the block."""
    is_over = threading.Event()

    def trickle() -> None:
        while not is_over.wait(pause_seconds):
            for client in clients:
                with contextlib.suppress(OSError):
                    client.send(piece)

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def waits_seconds(server: Server, until: float) -> list[float]:
    """How long each of many requests waited for its answer, one after the other."""
    waits = []
    for number in itertools.count():
        begin = time.monotonic()
        assert ask(server.url, f"/quick/{number}").statuses == [200]
        waits.append(time.monotonic() - begin)
        if time.monotonic() > until:
            return waits
    raise AssertionError


@INTERFACES
def test_half_open_connections_leave_others_served(interface: str, migrated: Machine) -> None:
    configure_echo(migrated, more=SERVE.format(interface, 2) + PATIENT)
    with (
        migrated.serving() as server,
        half_open(server.url, 500, list(STARTS.values())) as clients,
        trickling(
            [client for client, start in zip(clients, itertools.cycle(STARTS.values())) if b"X-S" in start], b"x"
        ),
    ):
        waits = waits_seconds(server, time.monotonic() + WATCHED_SECONDS)
    # A busy machine lets some of them wait; a client that did would let them all.
    assert min(waits) < 0.5


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_fewer_half_open_connections_than_there_are_threads_would_do_harm(start: bytes, migrated: Machine) -> None:
    configure_echo(migrated, more=f"[serve]\nworkers = 1\nthreads = 1\n{PATIENT}")
    # Were the thread given to each of them, be it for a second, others would get no answer in time either.
    with migrated.serving() as server, half_open(server.url, DEADLINE_SECONDS, [start]):
        assert ask(server.url, "/quick").statuses == [200]


@INTERFACES
@pytest.mark.parametrize("name", STARTS)
def test_half_a_request_is_given_up_when_its_time_is_over(interface: str, name: str, migrated: Machine) -> None:
    configure_echo(migrated, more=SERVE.format(interface, 1) + "head_timeout = 2\nbody_timeout = 2\n")
    with migrated.serving() as server:
        begin = time.monotonic()
        with connected(server.url) as client:
            client.sendall(STARTS[name])
            with trickling([client], b"x" if name in ("half-a-head", "half-a-body") else b"", 0.2):
                answers = Answers(*read_all(client))
        # Sooner than without these settings.
        assert 1.9 < time.monotonic() - begin < Limits().head_seconds
        assert answers.is_closed
        assert answers.statuses == ([408] if name != "nothing" else [])
        assert not [line for line in seen(server, name) if "slow" in line]


@INTERFACES
def test_a_slow_upload_that_keeps_to_the_least_rate_is_taken(interface: str, migrated: Machine) -> None:
    """For more than twice the time in which a thousand bytes must come: one of these pieces each time is enough."""
    configure_echo(migrated, more=SERVE.format(interface, 1) + "head_timeout = 2\nbody_timeout = 2\n")
    with migrated.serving() as server, connected(server.url) as client:
        begin = time.monotonic()
        client.sendall(POST + b"Content-Length: 16000\r\nConnection: close\r\n\r\n")
        pause = threading.Event()
        for _ in range(16):
            client.sendall(b"x" * 1000)
            pause.wait(0.3)
        answers = Answers(*read_all(client))
        assert time.monotonic() - begin > 4
        assert answers.statuses == [200]
        assert answers.said["body"] == 16000


@INTERFACES
def test_a_large_upload_arrives_whole(interface: str, migrated: Machine) -> None:
    configure_echo(migrated, more=SERVE.format(interface, 1), settings="DATA_UPLOAD_MAX_MEMORY_SIZE = 100000000")
    with migrated.serving() as server:
        answers = ask(server.url, "/large", method="POST", body=os.urandom(20_000_000))
        assert answers.said["body"] == 20_000_000


@INTERFACES
def test_a_body_over_the_limit_is_refused_before_it_is_read(interface: str, migrated: Machine) -> None:
    configure_echo(migrated, more=SERVE.format(interface, 1) + "body_limit = 1k\n")
    with migrated.serving() as server:
        assert ask(server.url, "/fits", method="POST", body=b"x" * 1024).statuses == [200]
        answers = exchange(server.url, POST + b"Expect: 100-continue\r\nContent-Length: 1025\r\n\r\n")
        assert answers.data.startswith(b"HTTP/1.1 413 ")
        assert b"100 Continue" not in answers.data
        wait_for_line(server, r"its body is over 1024 bytes, see \[serve\] body_limit")


@INTERFACES
def test_a_body_that_turns_out_to_be_over_the_limit_is_refused(interface: str, migrated: Machine) -> None:
    configure_echo(migrated, more=SERVE.format(interface, 1) + "body_limit = 100k\n")
    chunk = b"2800\r\n" + b"x" * 0x2800 + b"\r\n"
    with migrated.serving() as server:
        answers = exchange(server.url, POST + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 200)
        assert answers.statuses == [413]
        assert not [line for line in seen(server, "over") if "slow" in line]


@INTERFACES
def test_a_client_that_waits_for_a_word_gets_it_once_and_sends_its_body(interface: str, migrated: Machine) -> None:
    configure_echo(migrated, more=SERVE.format(interface, 1))
    with migrated.serving() as server, connected(server.url) as client:
        client.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hello")
        answers = Answers(*read_all(client))
        assert b"100 Continue" not in answers.data
        assert answers.said["body"] == 5


def requests_on_one_connection(server: Server, count: int) -> None:
    with connected(server.url) as client:
        for number in range(count):
            client.sendall(POST + b"Content-Length: 5\r\n\r\nhello")
            data = b""
            while not re.search(rb'"body": 5.*\}', data):
                piece = client.recv(65536)
                assert piece, f"closed at request {number}"
                data += piece


@INTERFACES
def test_a_connection_is_kept_for_more_requests(interface: str, migrated: Machine) -> None:
    configure_echo(migrated, more=SERVE.format(interface, 1))
    with migrated.serving() as server:
        requests_on_one_connection(server, 50)


@INTERFACES
def test_a_request_byte_by_byte_is_understood(interface: str, migrated: Machine) -> None:
    configure_echo(migrated, more=SERVE.format(interface, 1))
    text = POST + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n"
    with migrated.serving() as server:
        answers = exchange(server.url, *(bytes([byte]) for byte in text))
        assert answers.statuses == [200]
        assert answers.said["body"] == 5


@INTERFACES
def test_a_large_body_in_chunks_reaches_the_site_whole(interface: str, migrated: Machine) -> None:
    configure_echo(migrated, more=SERVE.format(interface, 1))
    text = POST + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    with migrated.serving() as server:
        answers = exchange(server.url, text, *[b"C350\r\n" + b"x" * 50_000 + b"\r\n"] * 20, b"0\r\n\r\n")
        assert answers.said["body"] == 1_000_000
        # What follows on a connection has a length of its own.
        both = text.replace(b"Connection: close\r\n", b"") + b"5\r\nhello\r\n0\r\n\r\n"
        answers = exchange(server.url, both + POST + b"Content-Length: 2\r\nConnection: close\r\n\r\nhi")
        assert re.findall(rb'"body": (\d+)', answers.data) == [b"5", b"2"]


@INTERFACES
def test_silent_connections_do_not_hold_up_a_stop_and_an_upload_is_finished(interface: str, migrated: Machine) -> None:
    configure_echo(migrated, more=f"{SERVE.format(interface, 1)}{PATIENT}graceful_timeout = {100 * DEADLINE_SECONDS}\n")
    with migrated.serving() as server, half_open(server.url, 20, [b""]), connected(server.url) as client:
        client.sendall(POST + b"Content-Length: 5\r\n\r\nhe")
        # Only when this is answered, all those before have been taken.
        assert ask(server.url, "/taken").statuses == [200]
        server.process.terminate()
        wait_for_line(server, "Handling signal: term")
        client.sendall(b"llo")
        assert Answers(*read_all(client)).statuses == [200]
        assert server.process.wait(DEADLINE_SECONDS) == 0


def test_the_oldest_half_open_connections_give_way_when_there_are_too_many(migrated: Machine) -> None:
    serve = f"[serve]\nworkers = 1\nthreads = 2\n{PATIENT}"
    configure_echo(migrated, more=f"{serve}[gunicorn]\nworker_connections = 50\n")
    with migrated.serving() as server, half_open(server.url, 120, [HEAD]) as clients:
        assert ask(server.url, "/quick").statuses == [200]
        assert clients[0].recv(1) == b""


def test_idle_connections_give_way_before_an_upload_that_is_under_way(migrated: Machine) -> None:
    serve = f"[serve]\nworkers = 1\nthreads = 2\n{PATIENT}"
    idle = [b"", HEAD, b"GET /kept HTTP/1.1\r\nHost: localhost\r\n\r\n"]
    more = f"{serve}[gunicorn]\nworker_connections = 50\nkeepalive = {100 * DEADLINE_SECONDS}\n"
    configure_echo(migrated, more=more)
    with migrated.serving() as server, connected(server.url) as upload:
        upload.sendall(POST + b"Content-Length: 5\r\nConnection: close\r\n\r\nhe")
        for _ in range(2):
            with half_open(server.url, 120, idle):
                assert ask(server.url, "/quick").statuses == [200]
        upload.sendall(b"llo")
        assert Answers(*read_all(upload)).said["body"] == 5


def test_uploads_leave_room_for_newcomers(migrated: Machine) -> None:
    serve = f"[serve]\nworkers = 1\nthreads = 2\n{PATIENT}"
    configure_echo(migrated, more=f"{serve}[gunicorn]\nworker_connections = 50\n")
    with migrated.serving() as server, half_open(server.url, 120, [STARTS["half-a-body"]]):
        assert ask(server.url, "/quick").statuses == [200]


def test_large_uploads_have_a_limit_together_and_small_ones_are_served_beside_them(migrated: Machine) -> None:
    more = f"[serve]\nworkers = 1\nbody_limit = 1m\nbody_total = 1m\n{PATIENT}"
    configure_echo(migrated, more=more)
    head = POST + b"Content-Length: 700000\r\nConnection: close\r\n\r\n"
    with migrated.serving() as server, connected(server.url) as one, connected(server.url) as other:
        for client in (one, other):
            with contextlib.suppress(ConnectionError):
                client.sendall(head + b"x" * 600_000)
        [refused], _, _ = select.select([one, other], [], [], DEADLINE_SECONDS)
        assert Answers(*read_all(refused)).statuses == [503]
        wait_for_line(server, r"large requests hold 1048576 bytes already, see \[serve\] body_total")
        assert ask(server.url, "/small", method="POST", body=b"x" * 1000).statuses == [200]
        accepted = other if refused is one else one
        accepted.sendall(b"x" * 100_000)
        assert Answers(*read_all(accepted)).said["body"] == 700_000
        # What was answered counts no longer.
        assert ask(server.url, "/large", method="POST", body=b"x" * 700_000).statuses == [200]


def test_gunicorn_s_own_way_of_reading_can_be_had(migrated: Machine) -> None:
    serve = "[serve]\nworkers = 1\nbody_limit = 1k\n"
    configure_echo(migrated, more=f"{serve}[gunicorn]\npermit_obsolete_folding = true\n")
    chunked = POST + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n"
    folded = HEAD + b"X: a\r\n b\r\nConnection: close\r\n\r\n"
    with migrated.serving() as server:
        assert exchange(server.url, folded).statuses == [200]
        assert exchange(server.url, chunked, b"0\r\n\r\n").said["body"] == 5
        assert exchange(server.url, chunked, b"400\r\n" + b"x" * 1024 + b"\r\n0\r\n\r\n").statuses == [413]
