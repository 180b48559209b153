"""Where a request ends, however its bytes come."""

from __future__ import annotations

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_pyz_runtime.serve.limits import Limits
from django_pyz_runtime.serve.requests.framing import Framing
from django_pyz_runtime.serve.requests.incoming import Incoming
from django_pyz_runtime.serve.requests.refusals import Refusal

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = {
    "no-body": b"GET / HTTP/1.0\r\n\r\n",
    "empty-line-before": b"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "length": HEAD + b"content-length: 5\r\n\r\nhello",
    "chunks": HEAD + b"Transfer-Encoding:chunked \r\n\r\n5;a=b\r\nhello\r\n00A\r\n" + b"x" * 10 + b"\r\n0\r\n\r\n",
    "trailer": HEAD + b"Transfer-Encoding: Chunked\r\n\r\n0\r\nX: y\r\n\r\n",
}


def fed(*pieces: bytes, limits: Limits | None = None) -> tuple[Framing, int]:
    """What is known after pieces, and how many bytes were used."""
    framing = Framing(limits or Limits())
    return framing, sum(framing.feed(piece) for piece in pieces)


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE)
@given(cuts=st.sets(st.integers(0, 200)), behind=st.sampled_from([b"", b"GET /second HTTP/1.1\r\n\r\n", b"\0\n"]))
def test_the_end_is_found_wherever_the_pieces_are_cut(request_bytes: bytes, cuts: set[int], behind: bytes) -> None:
    places = [0, *sorted(cut for cut in cuts if 0 < cut < len(request_bytes)), len(request_bytes)]
    pieces = [request_bytes[begin:end] for begin, end in pairwise(places)]
    framing, used = fed(*pieces[:-1], pieces[-1] + behind)
    assert (framing.is_complete, used) == (True, len(request_bytes))


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE)
def test_it_is_not_complete_a_byte_before(request_bytes: bytes) -> None:
    assert not fed(request_bytes[:-1])[0].is_complete


@given(st.binary(max_size=300), st.integers(0, 300))
def test_whatever_comes_is_used_or_refused(data: bytes, cut: int) -> None:
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    with contextlib.suppress(Refusal):
        framing, used = fed(head, data[:cut], data[cut:])
        assert framing.is_complete or used == len(head + data)


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (b"Content-Length: 11\r\n", 413),
        (b"Content-Length: 99999999999999999999\r\n", 400),
        (b"Transfer-Encoding: gzip\r\n", 501),
        (b"Expect: more\r\n", 417),
        (b"X: " + b"y" * 70_000, 431),
    ],
)
def test_a_head_that_asks_too_much_is_refused(lines: bytes, status: int) -> None:
    with pytest.raises(Refusal) as raised:
        fed(HEAD + lines + b"\r\n", limits=Limits(body_bytes=10))
    assert raised.value.status == status
    assert raised.value.answer.startswith(b"HTTP/1.1 %d " % status)


def test_a_request_line_without_end_is_refused() -> None:
    with pytest.raises(Refusal, match="request line is too long"):
        fed(b"GET /", *[b"a" * 1000] * 9)


def test_chunks_count_for_the_limit_as_they_come() -> None:
    with pytest.raises(Refusal, match="over 20 bytes"):
        fed(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"3\r\nabc\r\n"] * 5, limits=Limits(body_bytes=20))


@pytest.mark.parametrize(("version", "expects"), [(b"1.1", True), (b"1.0", False)])
def test_a_client_that_waits_for_a_word_is_known(version: bytes, expects: bool) -> None:
    lines = b"Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n"
    assert fed(b"POST / HTTP/" + version + b"\r\n" + lines)[0].expects_continue == expects


def test_who_waits_for_a_word_before_nothing_gets_none() -> None:
    assert not fed(HEAD + b"Expect: 100-continue\r\n\r\n")[0].expects_continue


@pytest.mark.parametrize(("name", "length"), [("no-body", None), ("length", None), ("chunks", 15), ("trailer", 0)])
def test_the_length_of_a_body_in_chunks_is_known_at_its_end(name: str, length: int | None) -> None:
    assert fed(*(bytes([byte]) for byte in WHOLE[name]))[0].unchunked_bytes == length


def test_those_without_a_head_are_slower_than_any_upload() -> None:
    idle, slow, fast = (Incoming(Limits(), now=0) for _ in range(3))
    slow.feed(HEAD + b"Content-Length: 100000\r\n\r\n", now=1)
    fast.feed(HEAD + b"Content-Length: 100000\r\n\r\n" + b"x" * 5000, now=1)
    assert idle.rate(10) < slow.rate(10) < fast.rate(10)


def test_a_head_has_one_time_and_each_part_of_a_body_another() -> None:
    incoming = Incoming(Limits(head_seconds=20, body_seconds=10), now=100)
    incoming.feed(HEAD, now=119)
    assert incoming.deadline == 120
    assert not incoming.may_go_on(now=120)
    incoming.feed(b"Content-Length: 100000\r\n\r\n", now=119)
    assert incoming.deadline == 129
    incoming.feed(b"x" * 4999, now=125)
    assert not incoming.may_go_on(now=129)
    incoming.feed(b"x", now=125)
    assert incoming.may_go_on(now=129)
    assert incoming.deadline == 139
    assert not incoming.may_go_on(now=139)
    assert incoming.may_go_on(now=139, is_paused=True)
