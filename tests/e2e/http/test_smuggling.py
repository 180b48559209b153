"""Requests that two servers could read in two ways: refused, and nothing in them gets to the site.

The corpus follows RFC 9112 and what was found in servers since 2005 ("HTTP Request Smuggling", Watchfire; "HTTP Desync
Attacks", PortSwigger; CVE-2024-1135 and CVE-2024-6827 in gunicorn).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Machine, Server
from tests.e2e.http.raw_http import configure_echo, exchange, seen

HOST = "Host: localhost\r\n"
SMUGGLED = f"GET /smuggled HTTP/1.1\r\n{HOST}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
GREET = f"5\r\nhello\r\n0\r\n\r\n{SMUGGLED}"


def post(*fields: str, body: str = GREET, version: str = "1.1") -> str:
    return f"POST /case HTTP/{version}\r\n{HOST}{''.join(fields)}\r\n{body}"


def get(*fields: str, path: str = "/case", version: str = "HTTP/1.1", method: str = "GET") -> str:
    return f"{method} {path} {version}\r\n{HOST}{''.join(fields)}\r\n"


def chunks(body: str) -> str:
    return post(CHUNKED, body=body + SMUGGLED)


SIZES = {
    "negative": "-5",
    "plus": "+5",
    "hex-prefix": "0x5",
    "underscore": "0_5",
    "space-before": " 5",
    "space-behind": "5 ",
    "tab-behind": "5\t",
    "not-hex": "g",
    "empty": "",
    "overflow": "f" * 17 + "5",
    "wraps-64-bits": "10000000000000005",
    "unicode-digit": "\u0665",
    "bare-cr-in-extension": "5;a\rb",
    "nul-in-extension": "5;a\0b",
    "comma": "5,5",
}
CODINGS = {
    "twice": "chunked, chunked",
    "identity-behind": "chunked, identity",
    "identity": "identity",
    "gzip-only": "gzip",
    "quoted": '"chunked"',
    "unknown": "xchunked",
    "not-last": "chunked, gzip",
    "parameter": "chunked;q=1",
    "empty": "",
    "vertical-tab": "\x0bchunked",
    "form-feed": "chunked\x0c",
    "nul": "chunked\0",
    "long-s": "chun\u212aed",
    "bare-cr": "chunked\rX: y",
    "bare-lf": "chunked\nX: y",
}
LENGTHS = {
    "negative": "-1",
    "plus": "+5",
    "hex": "0x5",
    "list": "5, 5",
    "other-list": "5, 6",
    "point": "5.0",
    "exponent": "5e0",
    "underscore": "0_5",
    "empty": "",
    "words": "5 5",
    "huge": "9" * 40,
    "arabic": "\u0665",
    "superscript": "\u00b2",
    "nul": "5\0",
}
REFUSED = {
    # the length of a body
    "two-lengths": post("Content-Length: 5\r\n", "Content-Length: 5\r\n"),
    "two-other-lengths": post("Content-Length: 0\r\n", "Content-Length: 44\r\n"),
    "two-lengths-in-other-case": post("Content-Length: 0\r\n", "content-length: 44\r\n"),
    "length-and-chunked": post("Content-Length: 5\r\n", CHUNKED),
    "chunked-and-length": post(CHUNKED, "Content-Length: 5\r\n"),
    "chunked-and-no-length": post(CHUNKED, "Content-Length: 0\r\n"),
    "chunked-in-http-1.0": post(CHUNKED, version="1.0"),
    "chunked-on-two-lines": post(CHUNKED, CHUNKED),
    "coding-and-other-coding": post(CHUNKED, "Transfer-Encoding: identity\r\n"),
    "gzip-line-before": post("Transfer-Encoding: gzip\r\n", "Transfer-Encoding: chunked, chunked\r\n"),
    "space-before-colon-of-coding": post("Transfer-Encoding : chunked\r\n"),
    "tab-before-colon-of-length": post("Content-Length\t: 5\r\n"),
    "space-before-field": post(" Transfer-Encoding: chunked\r\n"),
    "folded-coding": post("Transfer-Encoding:\r\n chunked\r\n"),
    "folded-length": post("Content-Length: 5\r\n 0\r\n"),
    "nul-in-coding-name": post("Transfer\0-Encoding: chunked\r\n"),
    "latin-1-in-coding-name": post("Transfer-Encod\u00efng: chunked\r\n"),
    **{f"length-{name}": post(f"Content-Length: {value}\r\n") for name, value in LENGTHS.items()},
    **{f"coding-{name}": post(f"Transfer-Encoding: {value}\r\n") for name, value in CODINGS.items()},
    # chunks
    **{f"chunk-{name}": chunks(f"{size}\r\nhello\r\n0\r\n\r\n") for name, size in SIZES.items()},
    "chunk-longer-than-its-size": chunks("4\r\nhello\r\n0\r\n\r\n"),
    "chunk-shorter-than-its-size": chunks("6\r\nhello\r\n0\r\n\r\n"),
    "chunk-without-end": chunks("5\r\nhello0\r\n\r\n"),
    "chunk-with-bare-lf": chunks("5\nhello\n0\n\n"),
    "chunk-ends-with-bare-lf": chunks("5\r\nhello\n0\r\n\r\n"),
    "chunk-ends-with-bare-cr": chunks("5\r\nhello\r0\r\n\r\n"),
    "chunk-size-line-of-9000": chunks(f"5;{'a' * 9000}\r\nhello\r\n0\r\n\r\n"),
    "trailer-without-colon": chunks("0\r\nContent-Length 5\r\n\r\n"),
    "trailer-with-space-before-colon": chunks("0\r\nX : y\r\n\r\n"),
    "trailer-with-bare-lf": chunks("0\r\nX: y\n\n"),
    # line ends
    "bare-lf": get().replace("\r\n", "\n"),
    "bare-lf-behind-request-line": f"GET /case HTTP/1.1\n{HOST}\r\n",
    "bare-lf-in-fields": f"GET /case HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n{SMUGGLED}",
    "bare-lf-ends-head": f"GET /case HTTP/1.1\r\n{HOST}\n{SMUGGLED}",
    "bare-cr": get().replace("\r\n", "\r"),
    "bare-cr-in-value": get("X: y\rContent-Length: 44\r\n") + SMUGGLED,
    "cr-cr-lf": get("X: y\r\r\n") + SMUGGLED,
    "two-empty-lines-before": f"\r\n\r\n{get()}",
    # fields
    "folded": get("X: y\r\n z\r\n"),
    "folded-with-tab": get("X: y\r\n\tz\r\n"),
    "folded-first": f"GET /case HTTP/1.1\r\n X: y\r\n{HOST}\r\n",
    "space-before-colon": get("X : y\r\n"),
    "no-colon": get("X\r\n"),
    "no-name": get(": y\r\n"),
    "nul-in-name": get("X\0: y\r\n"),
    "control-in-name": get("X\x01: y\r\n"),
    "nul-in-value": get("X: \0\r\n"),
    "escape-in-value": get("X: \x1b[31m\r\n"),
    "delete-in-value": get("X: \x7f\r\n"),
    "brackets-in-name": get("X[]: y\r\n"),
    "two-hosts": get("Host: www.example.org\r\n"),
    "two-content-types": post("Content-Type: a/b\r\n", "Content-Type: c/d\r\n", "Content-Length: 0\r\n", body=""),
    "a-field-of-9000": get(f"X: {'y' * 9000}\r\n"),
    "101-fields": get(*(f"X-{number}: y\r\n" for number in range(101))),
    "fields-of-a-megabyte": get(*(f"X-{number}: {'y' * 8000}\r\n" for number in range(99))),
    "unknown-expectation": get("Expect: 200-maybe\r\n"),
    # the request line
    "http-0.9": "GET /case\r\n",
    "http-0.9-with-fields": f"GET /case\r\n{HOST}\r\n",
    "http-2-preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "http-2-in-name": get(version="HTTP/2.0"),
    "http-1.2": get(version="HTTP/1.2"),
    "http-1.10": get(version="HTTP/1.10"),
    "http-01.1": get(version="HTTP/01.1"),
    "http-in-lower-case": get(version="http/1.1"),
    "no-version": f"GET /case \r\n{HOST}\r\n",
    "words-behind-version": get(version="HTTP/1.1 x"),
    "two-spaces": get(path=" /case"),
    "tab": f"GET\t/case\tHTTP/1.1\r\n{HOST}\r\n",
    "space-before-method": get(method=" GET"),
    "space-in-target": get(path="/case two"),
    "nul-in-target": get(path="/case\0"),
    "control-in-target": get(path="/case\x1b"),
    "latin-1-in-target": get(path="/cas\u00e9"),
    "no-target": f"GET  HTTP/1.1\r\n{HOST}\r\n",
    "target-without-slash": get(path="case"),
    "authority-form": get(path="localhost:80"),
    "asterisk-form": get(path="*"),
    "method-in-lower-case": get(method="get"),
    "method-with-brackets": get(method="G{}T"),
    "a-target-of-9000": get(path="/case?" + "a" * 9000),
    "a-target-of-a-megabyte": get(path="/case?" + "a" * 1_000_000),
    "tls": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\0" * 40,
}
"""What no server may pass on, each with what the sender would like to have taken for a second request."""
ACCEPTED = {
    "chunked": (post(CHUNKED, "Connection: close\r\n", body="5\r\nhello\r\n0\r\n\r\n"), "POST '/case'"),
    "chunked-in-capitals": (
        post("TRANSFER-ENCODING: CHUNKED\r\n", "Connection: close\r\n", body="5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n"),
        "POST '/case'",
    ),
    "get-with-a-body": (
        get("Content-Length: 44\r\n", "Connection: close\r\n") + "GET /smuggled HTTP/1.1".ljust(44),
        "GET '/case'",
    ),
    "an-empty-line-before": ("\r\n" + get("Connection: close\r\n"), "GET '/case'"),
    "absolute-form": (get("Connection: close\r\n", path="http://localhost/case"), "GET '/case'"),
}
"""What must be understood in one way, and how."""


@pytest.fixture(scope="module", params=["wsgi", "asgi"])
def site(
    request: pytest.FixtureRequest, sample_bundle: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The echo, by each of the two workers that we choose."""
    machine = Machine(tmp_path_factory.mktemp("site"), sample_bundle)
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    limits = "head_timeout = 2\nbody_timeout = 2\n"
    configure_echo(machine, more=f"[serve]\ninterface = {request.param}\nworkers = 1\n{limits}")
    with machine.serving("--migrate") as server:
        yield server


def encoded(text: str, name: str) -> bytes:
    """The bytes of a request that has the name in its paths; what latin-1 does not have is in UTF-8."""
    text = text.replace("case", f"case/{name}").replace("/smuggled", f"/smuggled/{name}")
    return b"".join(char.encode("latin-1" if char < "\u0100" else "utf-8") for char in text)


def reached(site: Server, name: str) -> list[str]:
    """The requests with this name that have come to the site."""
    return [line for line in seen(site, name) if f"/{name}" in line and "/mark/" not in line]


@pytest.mark.parametrize("name", REFUSED)
def test_a_doubtful_request_is_refused_and_nothing_of_it_reaches_the_site(site: Server, name: str) -> None:
    answers = exchange(site.url, encoded(REFUSED[name], name))
    assert answers.is_closed
    assert len(answers.statuses) <= 1, answers.data
    assert all(400 <= status < 600 for status in answers.statuses), answers.data
    assert reached(site, name) == []


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_has_one_meaning_is_understood_so(site: Server, name: str) -> None:
    text, expected = ACCEPTED[name]
    assert exchange(site.url, encoded(text, name)).statuses == [200]
    [line] = reached(site, name)
    assert line.rpartition(" ")[0] == expected.replace("case", f"case/{name}")


def test_requests_that_come_together_are_answered_one_by_one(site: Server) -> None:
    both = post("Content-Length: 5\r\n", body="hello") + get("Connection: close\r\n", path="/second")
    answers = exchange(site.url, both.encode())
    assert answers.statuses == [200, 200]
    assert answers.data.index(b'"/case"') < answers.data.index(b'"/second"')
    assert answers.data.count(b'"body": 5') == 1
