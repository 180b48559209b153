"""What is answered while the gate is closed, and when a request has left it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from django_pyz_runtime.release.gate import Gate
from django_pyz_runtime.serve.edge.pause import WsgiGate


class Counted(Gate):
    """A gate that knows how many requests are inside."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = 0
        self.lets_in = True

    def enter(self) -> bool:
        self.inside += self.lets_in
        return self.lets_in

    def leave(self) -> None:
        self.inside -= 1


class Wrapper:
    """As a server's for files."""

    def __init__(self, closed: list[str]) -> None:
        self.close: Callable[[], None] = lambda: closed.append("closed")

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"file"])


def answer(gate: Gate, application: Callable[..., Iterable[bytes]], **environ: object) -> tuple[list[Any], Any]:
    """What is told to the server, and the answer."""
    told: list[Any] = []

    def start(*arguments: Any) -> Callable[[bytes], object]:
        told.append(arguments)
        return lambda data: None

    given = {"wsgi.file_wrapper": Wrapper, **environ}
    return told, WsgiGate(application, gate)(given, start)


def test_a_request_is_inside_until_its_answer_is_closed() -> None:
    gate = Counted()

    def application(environ: object, start: object) -> Iterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            assert gate.inside == 1

    _, body = answer(gate, application)
    assert list(body) == [b"one", b"two"]
    assert gate.inside == 1
    body.close()
    body.close()
    assert gate.inside == 0


def test_a_file_stays_what_the_server_knows() -> None:
    gate, closed = Counted(), list[str]()
    _, body = answer(gate, lambda *arguments: Wrapper(closed))
    assert isinstance(body, Wrapper)
    assert gate.inside == 1
    body.close()
    assert (gate.inside, closed) == (0, ["closed"])


def test_one_that_fails_has_left() -> None:
    gate = Counted()
    with pytest.raises(ZeroDivisionError):
        answer(gate, lambda *arguments: [1 // 0])
    assert gate.inside == 0


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [("", False), ("*/*", False), ("application/json", True), ("text/html,application/json;q=0.9", False)],
)
def test_while_it_is_closed_clients_are_to_come_again(accept: str, is_json: bool, tmp_path: Path) -> None:
    gate = Counted()
    gate.lets_in = False
    told, body = answer(gate, lambda *arguments: [], HTTP_ACCEPT=accept)
    [(status, headers)] = told
    assert (status, dict(headers)["Retry-After"]) == ("503 Service Unavailable", "5")
    text = b"".join(body)
    assert dict(headers)["Content-Length"] == str(len(text))
    assert dict(headers)["Content-Type"].startswith("application/json") == is_json
    assert not is_json or json.loads(text)["reason"] == "being upgraded"
    assert gate.inside == 0
