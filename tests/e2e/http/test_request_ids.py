"""One name for a request: from nginx through all that the site logs about it to the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.files.web_servers import nginx as server_of_nginx
from tests.e2e.harness import Machine, Server, wait_for_line
from tests.e2e.http.raw_http import ask, exchange
from tests.e2e.nginx import nginx
from tests.waiting import wait_until

SAYING = """
import asyncio, logging, threading
from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.core.signals import request_finished
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils.decorators import sync_and_async_middleware

log = logging.getLogger("saying")


@sync_and_async_middleware
def middleware(get_response):
    if not iscoroutinefunction(get_response):
        def sync(request):
            log.info("middleware")
            return get_response(request)
        return sync
    async def asynchronous(request):
        log.info("middleware")
        return await get_response(request)
    return asynchronous


def view(request):
    log.info("view")
    async_to_sync(own_loop)()
    return HttpResponse(request.headers["X-Request-Id"])


async def own_loop():
    log.info("own loop")


async def thread(request):
    log.info("view")
    await sync_to_async(log.info)("thread")
    await sync_to_async(log.info, thread_sensitive=False)("another thread")
    await asyncio.to_thread(log.info, "a third thread")
    await asyncio.create_task(own_loop())
    return HttpResponse(request.headers["X-Request-Id"])


def streamed(request):
    def parts():
        for part in ("first", "second"):
            log.info(part)
            yield part
    response = StreamingHttpResponse(parts())
    response._resource_closers.append(lambda: log.info("closed"))
    return response


async def streamed_async(request):
    async def parts():
        for part in ("first", "second"):
            log.info(part)
            yield part
            await asyncio.sleep(0)
    return StreamingHttpResponse(parts())


def broken(request):
    raise ValueError("broken")


async def broken_async(request):
    raise ValueError("broken")


def later(sender, **more):
    log.info("finished")


def handler404(request, exception):
    return HttpResponse(status=404)


request_finished.connect(later)
urlpatterns = [
    path("view/", view), path("thread/", thread), path("streamed/", streamed), path("streamed-async/", streamed_async),
    path("broken/", broken), path("broken-async/", broken_async),
]
"""
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "saying.middleware",
)
FORMAT = "log_format ids '$site_request_id $request_uri $upstream_http_x_request_id'; access_log {}/access ids;"


@pytest.fixture(params=["wsgi", "asgi"], scope="module")
def interface(request: pytest.FixtureRequest) -> str:
    return request.param  # type: ignore[no-any-return]  # pytest's own type


@pytest.fixture(scope="module")
def folder(interface: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp(interface)


@pytest.fixture(scope="module")
def site(interface: str, folder: Path, sample_bundle: Path, shared_cache: Path) -> Iterator[Server]:
    """The site, behind nginx."""
    machine = Machine(folder, sample_bundle)
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    (folder / "saying.py").write_text(SAYING)
    machine.configure(
        f"[modules]\nsaying = {folder}/saying.py\n"
        f"[settings]\nALLOWED_HOSTS = *\nROOT_URLCONF = saying\nMIDDLEWARE = {', '.join(MIDDLEWARE)}\n"
        f"[serve]\ninterface = {interface}\nworkers = 1\nbind = unix:{folder}/site.sock\n"
        "[log]\naccess = yes\nformat = json\n"
    )
    made = Site("shop", "shop-script")
    text = server_of_nginx(made).replace(made.socket, f"{folder}/site.sock")
    text = text.replace("listen 80;", f"listen unix:{folder}/nginx.sock;")
    with machine.started("runserve", "--migrate") as server:
        wait_for_line(server, "Listening at: unix:")
        with nginx(folder, text, FORMAT.format(folder)):
            server.url = f"unix:{folder}/nginx.sock"
            wait_until(lambda: ask(server.url, "/-/ready").statuses == [200], lambda: server.said)
            yield server


def lines(site: Server) -> list[dict[str, Any]]:
    """What the server has said, each line of which is an object."""
    return [json.loads(line) for line in site.said.splitlines() if line.startswith("{")]


def about(site: Server, request_id: str) -> list[dict[str, Any]]:
    """What was said about a request, to its end in the access log."""

    def said() -> list[dict[str, Any]]:
        return [line for line in lines(site) if line.get("request_id") == request_id]

    wait_until(lambda: any("path" in line for line in said()), lambda: site.said)
    return said()


@pytest.mark.needs("nginx")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("view", {"middleware", "view", "own loop"}),
        ("thread", {"middleware", "view", "thread", "another thread", "a third thread", "own loop"}),
        ("streamed", {"middleware", "first", "second", "closed", "finished"}),
        ("streamed-async", {"middleware", "first", "second", "finished"}),
        ("broken", {"middleware", "Internal Server Error: /broken/"}),
        ("broken-async", {"middleware", "Internal Server Error: /broken-async/"}),
        ("missing", {"middleware", "Not Found: /missing/"}),
    ],
)
def test_all_that_is_logged_about_a_request_has_its_name(
    site: Server, folder: Path, interface: str, path: str, expected: set[str]
) -> None:
    name = f"{path}-{interface}"
    answer = ask(site.url, f"/{path}/", f"X-Request-ID: {name}")
    assert f"\r\nx-request-id: {name}\r\n".encode() in answer.data.lower()
    said = about(site, name)
    wait_until(lambda: expected <= {line["message"] for line in about(site, name)}, lambda: str(about(site, name)))
    assert {line["worker"] for line in said} == {1}
    for line in lines(site):
        if line["message"] in expected - {"middleware", "view", "own loop", "first", "second", "finished", "closed"}:
            assert line["request_id"] == name
    assert f"{name} /{path}/ {name}" in (folder / "access").read_text()


@pytest.mark.needs("nginx")
@pytest.mark.parametrize("given", ["two words", 'a"b', "\x1b[2K", "x" * 129, "ünï", "a,b", "$(id)", ""])
def test_a_name_that_cannot_stand_in_a_log_is_replaced_for_all(site: Server, folder: Path, given: str) -> None:
    data = exchange(site.url, f"GET /view/ HTTP/1.0\r\nHost: x\r\nX-Request-ID: {given}\r\n\r\n".encode()).data
    head, _, body = data.partition(b"\r\n\r\n")
    name = body.decode()
    assert re.fullmatch("[0-9a-f]{32}", name)
    assert f"\r\nx-request-id: {name}".encode() in head.lower()
    assert {"middleware", "view", "own loop"} <= {line["message"] for line in about(site, name)}
    wait_until(lambda: f"{name} /view/ {name}\n" in (folder / "access").read_text(), "nginx to log it")


@pytest.mark.needs("nginx")
def test_a_name_that_comes_twice_is_none(site: Server, folder: Path) -> None:
    answer = ask(f"unix:{folder}/site.sock", "/view/", "X-Request-ID: one", "X-Request-Id: two")
    [name] = re.findall("[0-9a-f]{32}", answer.data.partition(b"\r\n\r\n")[2].decode())
    assert "view" in {line["message"] for line in about(site, name)}
    assert not [line for line in lines(site) if line.get("request_id") in ("one", "two")]


@pytest.mark.needs("nginx")
def test_what_is_said_between_requests_is_about_none(site: Server, folder: Path) -> None:
    with_both = b"GET /view/ HTTP/1.1\r\nHost: x\r\nX-Request-ID: before-it\r\n\r\nGET / HTTP/9\r\n\r\n"
    exchange(f"unix:{folder}/site.sock", with_both)
    wait_until(lambda: [line for line in lines(site) if "efused a request" in line["message"]], lambda: site.said)
    [refused] = [line for line in lines(site) if "efused a request" in line["message"]]
    assert "request_id" not in refused
