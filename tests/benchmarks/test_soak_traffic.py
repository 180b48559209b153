"""The clients of the soak."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import pytest

from benchmarks.soak.kinds import LIVE, MIX, SLOW, SLOW_SECONDS, SUBMIT, quick, slow
from benchmarks.soak.traffic import Answer, Crowd, traffic
from tests.waiting import DEADLINE_SECONDS, wait_until

_ENOUGH = 24


class _Handler(BaseHTTPRequestHandler):
    """Knows all that the clients ask for, and may be told to break."""

    protocol_version = "HTTP/1.1"
    timeout = DEADLINE_SECONDS

    def do_GET(self) -> None:
        self._say(404 if "no/such" in self.path else 200)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say(201)

    def _say(self, status: int) -> None:
        server = self.server
        assert isinstance(server, _Server)
        server.peers.append((self.client_address[1], self.path))
        body = b" ".join(kind.says for kind in MIX) if self.path != server.broken else b"other"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if len(server.peers) % 5 == 0:
            # Without a word, as a worker does that has waited long enough for another request.
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)
        if len(server.peers) >= _ENOUGH:
            server.enough.set()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    broken = ""
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.peers: list[tuple[int, str]] = []
        self.enough = threading.Event()


@pytest.fixture
def server() -> Iterator[_Server]:
    """A server for the clients."""
    with _Server() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def answers_of(server: _Server, crowd: Crowd) -> list[Answer]:
    """What a crowd gets, until it has asked often enough."""
    with traffic(server.server_address[1], crowd) as answers:
        assert server.enough.wait(DEADLINE_SECONDS)
    return answers


def test_good_answers_are_no_problem(server: _Server) -> None:
    start = time.perf_counter()
    answers = answers_of(server, Crowd(keeping=2, plain=2, slow=0, pause_seconds=0.02))
    seconds = time.perf_counter() - start

    assert [answer.problem for answer in answers if answer.problem] == []
    assert len(answers) == len(server.peers) >= _ENOUGH
    assert all(0 < answer.wait_seconds < seconds for answer in answers)


def test_some_clients_keep_their_connection_and_some_do_not(server: _Server) -> None:
    answers_of(server, Crowd(keeping=0, plain=2, slow=0, pause_seconds=0.02))
    assert len({port for port, _ in server.peers}) == len(server.peers)

    server.peers.clear()
    server.enough.clear()
    answers_of(server, Crowd(keeping=2, plain=0, slow=0, pause_seconds=0.02))
    assert len({port for port, _ in server.peers}) <= len(server.peers) // 2


def test_an_answer_that_says_something_else_is_a_problem_that_names_the_request(server: _Server) -> None:
    server.broken = LIVE.path
    answers = answers_of(server, Crowd(keeping=0, plain=2, slow=0, pause_seconds=0.02))

    problems = {answer.problem for answer in answers if answer.problem}
    assert problems == {
        "GET /-/live on a connection of its own: BenchmarkError: wanted 200 with 'ok', found 200: other"
    }
    assert len([answer for answer in answers if answer.problem]) == sum(path == LIVE.path for _, path in server.peers)


def test_no_answer_is_a_problem(server: _Server) -> None:
    port = server.server_address[1]
    server.server_close()
    with traffic(port, Crowd(keeping=1, plain=0, slow=0, pause_seconds=0.02)) as answers:
        wait_until(lambda: answers, "an answer")

    assert "on its kept connection: ConnectionRefusedError" in answers[0].problem


def test_each_client_asks_for_everything_and_begins_elsewhere() -> None:
    first, second = (list(islice(quick(number), len(MIX))) for number in (0, 1))

    assert first == list(MIX)
    assert second == [*MIX[1:], MIX[0]]


def test_a_slow_client_waits_for_a_page_or_sends_its_own_body_slowly() -> None:
    page, report = islice(slow(0), 2)

    assert page == SLOW
    assert (report.path, report.method, report.seconds) == (SUBMIT.path, "POST", SLOW_SECONDS)
    assert next(slow(1)).path == SUBMIT.path


def test_a_report_that_comes_slowly_is_as_long_as_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    _, report = islice(slow(0), 2)
    monkeypatch.setattr("time.sleep", lambda seconds: None)

    body = report.body()

    assert body is not None
    assert not isinstance(body, bytes)
    pieces = list(body)
    assert len(pieces) > 5
    assert sum(map(len, pieces)) == int(report.headers["Content-Length"])
