"""A channels project: pages, static files, health endpoints and websockets by gunicorn's ASGI worker."""

from __future__ import annotations

import http.client
import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from django_pyz_runtime.release.gate import NAME, Closing
from tests.e2e.harness import Machine, Server, request, wait_for_line
from tests.e2e.http.raw_http import ask
from tests.e2e.http.websocket import WebSocket
from tests.waiting import held_up_at, wait_until


def machine_with(bundle: Path, folder: Path, shared_cache: Path) -> Machine:
    machine = Machine(folder, bundle)
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    return machine


@pytest.fixture
def machine(channels_bundle: Path, tmp_path: Path, shared_cache: Path) -> Machine:
    """A fresh machine with it."""
    return machine_with(channels_bundle, tmp_path, shared_cache)


@pytest.fixture(scope="module")
def site(channels_bundle: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The project, served."""
    machine = machine_with(channels_bundle, tmp_path_factory.mktemp("site"), shared_cache)
    with machine.serving("--migrate") as server:
        yield server


def test_pages_are_served_with_the_hooks_of_the_project_s_gunicorn_conf(site: Server) -> None:
    assert site.get("/").text.endswith("post_fork ran")
    wait_for_line(site, "AsgiWorker")


def test_the_scheme_is_as_a_proxy_on_this_machine_says(site: Server) -> None:
    assert ">https " in site.get("/", X_Forwarded_Proto="https").text


def test_static_files_are_kept_for_ever_as_their_names_have_a_hash(site: Server) -> None:
    path = re.search(r'href="([^"]+\.[0-9a-f]{12}\.css)"', site.get("/").text)
    assert path
    answer = site.get(path[1])
    assert (answer.status, answer.text) == (200, "body { color: black }\n")
    assert "immutable" in answer.headers["cache-control"]


def test_static_files_that_are_not_there_are_the_projects_business(site: Server) -> None:
    assert site.get("/static/nosuch.css").headers["x-content-type-options"] == "nosniff"


def test_health_endpoints_answer_whatever_host_is_asked_for(site: Server) -> None:
    for path in ("/-/live", "/-/ready"):
        answer = site.get(path, Host="unknown.example.org")
        assert (answer.status, answer.body) == (200, b"ok\n")
    assert site.get("/", Host="unknown.example.org").status == 400
    assert request(site.url + "/-/ready", "POST", b"much").status == 405


@pytest.mark.parametrize("path", ["/", "/-/live", "/static/chat/site.css", "/stream/"])
def test_head_has_the_headers_of_get_without_its_body(path: str, site: Server) -> None:
    head, get = request(site.url + path, "HEAD"), site.get(path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers.get("content-length") == get.headers.get("content-length")
    assert "no-body response" not in site.said


def test_a_streaming_answer_comes_whole(site: Server) -> None:
    assert site.get("/stream/").text == "0\n1\n2\n"


def test_a_websocket_is_the_projects(site: Server) -> None:
    with WebSocket(site.url, "/ws/echo/") as connection:
        assert connection.status == 101
        connection.send("hello")
        assert connection.receive() == "hello"


def test_a_unix_socket_is_served(machine: Machine) -> None:
    path = machine.folder / "s"
    with machine.started("runserve", "--migrate", "--bind", f"unix:{path}") as server:
        wait_for_line(server, "ASGI server listening on")
        assert b">https 443 " in ask(f"unix:{path}", "/", "X-Forwarded-Proto: https").data


def test_a_request_that_runs_is_finished_before_it_stops(machine: Machine) -> None:
    with ThreadPoolExecutor() as pool, machine.serving("--migrate") as server:
        slow = pool.submit(server.get, "/slow/")
        wait_for_line(server, "slow request began")
        assert server.stop(signal.SIGTERM) == 0
        assert (slow.result().status, slow.result().text) == (200, "slow")
    assert "Traceback" not in server.said


def test_open_websockets_are_told_to_come_back_when_it_stops(machine: Machine) -> None:
    with machine.serving("--migrate") as server, WebSocket(server.url, "/ws/echo/") as connection:
        connection.send("hello")
        assert connection.receive() == "hello"
        server.process.send_signal(signal.SIGTERM)
        assert connection.receive() == 1012
        assert server.stop() == 0
    assert "Forcing close" not in server.said


def test_while_an_upgrade_pauses_the_site_websockets_are_told_to_come_again(machine: Machine) -> None:
    with machine.serving("--migrate") as server, WebSocket(server.url, "/ws/echo/") as connection:
        connection.send("hello")
        assert connection.receive() == "hello"
        closing = Closing(machine.folder / "run" / NAME)
        assert connection.receive() == 1012
        with WebSocket(server.url, "/ws/echo/") as refused:
            assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        wait_until(closing.is_empty, lambda: server.said)
        closing.open()
        with WebSocket(server.url, "/ws/echo/") as again:
            assert again.status == 101


def test_asgi_is_chosen_where_websockets_are_routed(machine: Machine) -> None:
    with machine.serving("--migrate") as server:
        assert server.get("/-/live").status == 200
        wait_for_line(server, "Using worker: .*AsgiWorker")


def test_wsgi_can_be_had_all_the_same(machine: Machine) -> None:
    with machine.serving("--migrate", "--set", "serve.interface=wsgi") as server:
        assert server.get("/").status == 200
        wait_for_line(server, "Using worker: .*ThreadWorker")


@pytest.mark.parametrize(
    ("setting", "exit_code", "said"),
    [
        ("ASGI_APPLICATION=nosuch.application", 2, "ASGI application 'nosuch.application' could not be loaded"),
        ("ROOT_URLCONF=nosuch", 1, "ModuleNotFoundError: No module named 'nosuch'"),
        ("ALLOWED_HOSTS=*", 2, "db.sqlite3 does not exist"),
    ],
)
def test_a_site_that_cannot_be_served_is_told_once(setting: str, exit_code: int, said: str, machine: Machine) -> None:
    done = machine.run("runserve", "--bind", "127.0.0.1:0", "--workers", "2", "--set", f"settings.{setting}")
    assert (done.returncode, done.stdout, done.stderr.count(said)) == (exit_code, "", 1)
    assert ("Traceback" in done.stderr) is (exit_code == 1)


def test_a_worker_class_that_speaks_another_interface_is_refused(machine: Machine) -> None:
    done = machine.run("runserve", "--set", "gunicorn.worker_class=gthread", "--set", "serve.interface=asgi")
    assert done.returncode == 2
    assert "[gunicorn] worker_class: 'gthread' speaks wsgi, [serve] interface is asgi" in done.stderr


def test_what_an_answer_has_said_of_its_connection_holds_when_the_worker_is_told_to_end(
    machine: Machine, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with machine.serving("--migrate", "--workers", "1") as server:
        parts = urlsplit(server.url)
        client = http.client.HTTPConnection(str(parts.hostname), parts.port)
        client.request("GET", f"/stream/?gate={gate}")
        with held_up_at(gate):
            server.process.send_signal(signal.SIGTERM)
            wait_for_line(server, "Worker shutting down")
        first = client.getresponse()
        assert not first.will_close
        assert first.read() == b"0\n1\n2\n"
        client.request("GET", "/stream/")
        second = client.getresponse()
        assert (second.status, second.getheader("Connection")) == (200, "close")
        assert second.read() == b"0\n1\n2\n"
        client.close()
        assert server.stop() == 0
