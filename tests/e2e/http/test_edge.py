"""What the edge answers by itself: health endpoints and static files, whatever is asked for and in whatever way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Machine, Server, wait_for_line
from tests.e2e.http.raw_http import Answers, ask, configure_echo, exchange

SECRET = "the secret outside"
NOT_SERVED = [
    "/static/../secret.txt",
    "/static/a/../../secret.txt",
    "/static/..%2fsecret.txt",
    "/static/%2e%2e/secret.txt",
    "/static/%2e%2e%2fsecret.txt",
    "/static/.%2e/secret.txt",
    "/static/%252e%252e/secret.txt",
    "/static/%252e%252e%252fsecret.txt",
    "/static/..\\secret.txt",
    "/static/..%5csecret.txt",
    "/static/%c0%ae%c0%ae/secret.txt",
    "/static/%c0%ae%c0%ae%c0%afsecret.txt",
    "/static/%e0%80%ae%e0%80%ae/secret.txt",
    "/static/%uff0e%uff0e/secret.txt",
    "/static/%ef%bc%8e%ef%bc%8e/secret.txt",
    "/static/a.txt%00",
    "/static/../secret.txt%00a.txt",
    "/static/..;/secret.txt",
    "/static//secret.txt",
    "/static/./../secret.txt",
    "/static/out.txt",
    "/static/outside/secret.txt",
    "/static/.env",
    "/static/a.txt/",
    "/static/",
    "/STATIC/a.txt",
    "http://localhost/static/../secret.txt",
]


@pytest.fixture(scope="module", params=["wsgi", "asgi"])
def site(
    request: pytest.FixtureRequest, sample_bundle: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The echo with a folder of static files in which links lead out, and with HTTPS and one host demanded."""
    machine = Machine(tmp_path_factory.mktemp("site"), sample_bundle)
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    root = machine.folder / "static"
    root.mkdir()
    (root / "a.txt").write_text("0123456789")
    (root / ".env").write_text(SECRET)
    (machine.folder / "secret.txt").write_text(SECRET)
    (root / "out.txt").symlink_to("../secret.txt")
    (root / "outside").symlink_to("..")
    configure_echo(
        machine,
        settings="SECURE_SSL_REDIRECT = true",
        more=f"[static]\nroot = {root}\n[serve]\ninterface = {request.param}\nworkers = 1\n",
    )
    with machine.serving("--migrate", "--set", "settings.ALLOWED_HOSTS=www.example.org") as server:
        yield server


def head_and_body(answers: Answers) -> tuple[str, bytes]:
    head, _, body = answers.data.partition(b"\r\n\r\n")
    # Where an answer has no length, the end of its chunks is all of its empty body.
    return head.decode("latin-1"), b"" if body == b"0\r\n\r\n" else body


@pytest.mark.parametrize("path", NOT_SERVED)
def test_nothing_outside_the_folder_of_static_files_is_served(site: Server, path: str) -> None:
    answers = ask(site.url, path)
    assert SECRET.encode() not in answers.data
    assert b"0123456789" not in answers.data
    # The redirect, or the refusal of the host, says that the request has gone past the edge to the project.
    assert answers.statuses[0] in (301, 400)


def test_links_that_lead_out_are_named_in_the_log(site: Server) -> None:
    for name in ("out.txt", "outside"):
        wait_for_line(site, rf"static/{name} is not served: it is a link that leads out of the folder")


def test_a_file_in_the_folder_is_served(site: Server) -> None:
    answers = ask(site.url, "/static/a.txt")
    assert (answers.statuses, head_and_body(answers)[1]) == ([200], b"0123456789")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND"])
def test_a_static_file_can_only_be_read(site: Server, method: str) -> None:
    answers = ask(site.url, "/static/a.txt", method=method, body=b"x" if method == "POST" else b"")
    assert answers.statuses == [405]
    assert "Allow: GET, HEAD" in re.sub("(?i)allow", "Allow", head_and_body(answers)[0])


def test_head_has_the_length_and_no_body(site: Server) -> None:
    head, body = head_and_body(ask(site.url, "/static/a.txt", method="HEAD"))
    assert re.search("(?i)content-length: 10", head)
    assert body == b""


@pytest.mark.parametrize(
    ("value", "status", "body"),
    [
        ("bytes=2-4", 206, b"234"),
        ("bytes=-3", 206, b"789"),
        ("bytes=7-", 206, b"789"),
        ("bytes=7-999999999999999999999", 206, b"789"),
        ("bytes=-999999999999999999999", 206, b"0123456789"),
        ("bytes=20-30", 416, b""),
        ("bytes=5-2", 416, b""),
        ("bytes=0-1,3-4", 200, b"0123456789"),
        ("bytes=" + "0-1," * 1000 + "0-1", 200, b"0123456789"),
        ("bytes=a-b", 200, b"0123456789"),
        ("bytes=", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
        ("bytes=1-2;x", 200, b"0123456789"),
    ],
)
def test_a_range_is_within_the_file_or_is_no_range(site: Server, value: str, status: int, body: bytes) -> None:
    answers = ask(site.url, "/static/a.txt", f"Range: {value}")
    assert (answers.statuses, head_and_body(answers)[1]) == ([status], body)


@pytest.mark.parametrize(
    "line",
    [
        "If-Modified-Since: yesterday",
        "If-Modified-Since: Mon, 99 Foo 99999 99:99:99 GMT",
        "If-Modified-Since: " + "9" * 5000,
        'If-None-Match: "' + "x" * 5000 + '"',
        "If-None-Match: W/",
        "If-None-Match: ,,,",
    ],
)
def test_a_condition_that_means_nothing_gets_the_file(site: Server, line: str) -> None:
    assert ask(site.url, "/static/a.txt", line).statuses == [200]


def test_a_condition_that_holds_gets_no_file(site: Server) -> None:
    head, _ = head_and_body(ask(site.url, "/static/a.txt"))
    modified = re.search(r"(?i)last-modified: ([^\r]*)", head)
    assert modified
    answers = ask(site.url, "/static/a.txt", f"If-Modified-Since: {modified[1]}")
    assert (answers.statuses, head_and_body(answers)[1]) == ([304], b"")


@pytest.mark.parametrize("path", ["/-/live", "/-/ready"])
@pytest.mark.parametrize("host", ["unknown.example.org", "127.0.0.1:1", "[::1]", "a b", "", "$(id)"])
def test_health_answers_for_any_host_and_without_https(site: Server, path: str, host: str) -> None:
    answers = exchange(site.url, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert (answers.statuses, head_and_body(answers)[1]) == ([200], b"ok\n")
    assert exchange(site.url, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()).statuses != [200]


@pytest.mark.parametrize("path", ["/-/live", "/-/ready"])
def test_health_reveals_nothing_and_is_not_kept_by_caches(site: Server, path: str) -> None:
    head, _ = head_and_body(ask(site.url, path))
    lines = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:])
    usual = {"server", "date", "connection", "content-type", "content-length", "cache-control", "x-request-id"}
    assert set(lines) <= usual
    assert lines["cache-control"] == "no-store"
    assert lines["server"].split("/")[0] == "gunicorn"
    assert not re.search(r"\d", lines["server"])


@pytest.mark.parametrize("path", ["/-/live", "/-/ready"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_health_can_only_be_read(site: Server, path: str, method: str) -> None:
    answers = ask(site.url, path, method=method)
    assert (answers.statuses, head_and_body(answers)[1]) == ([405], b"")


@pytest.mark.parametrize("path", ["/-/live", "/-/ready"])
def test_health_answers_head_without_a_body(site: Server, path: str) -> None:
    answers = ask(site.url, path, method="HEAD")
    assert (answers.statuses, head_and_body(answers)[1]) == ([200], b"")


@pytest.mark.parametrize("path", ["/-/live/", "/-/LIVE", "/-//live", "/-/live%00", "//-/live", "/x/../-/live"])
def test_what_only_looks_like_a_health_path_is_the_projects(site: Server, path: str) -> None:
    assert b"ok\n" not in ask(site.url, path).data


def test_why_a_site_is_not_ready_is_in_the_log_only(migrated: Machine) -> None:
    configure_echo(migrated)
    with migrated.serving() as server:
        assert ask(server.url, "/-/ready").statuses == [200]
        (migrated.data / "db.sqlite3").write_bytes(b"not a database" * 1000)
        answers = ask(server.url, "/-/ready")
        assert (answers.statuses, head_and_body(answers)[1]) == ([503], b"unavailable\n")
        assert b"sqlite" not in answers.data.lower()
        wait_for_line(server, "not ready: database: file is not a database")
