"""Agents that run before the site, as [project] run_first names them, and what they send to servers on this machine."""

from __future__ import annotations

import gzip
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.corpus.cases import Case, build, make_machine
from tests.e2e.corpus.sources import Source
from tests.e2e.harness import Machine
from tests.waiting import DEADLINE_SECONDS

OPENTELEMETRY = """
[project]
run_first = opentelemetry.instrumentation.auto_instrumentation:initialize
[env]
OTEL_SERVICE_NAME = the-shop
OTEL_EXPORTER_OTLP_ENDPOINT = {url}
OTEL_EXPORTER_OTLP_PROTOCOL = http/protobuf
OTEL_METRICS_EXPORTER = none
OTEL_LOGS_EXPORTER = none
OTEL_BSP_SCHEDULE_DELAY = 50
[serve]
workers = 1
"""
SENTRY = """
[project]
run_first = sentry_sdk:init
[env]
SENTRY_DSN = http://key@{address}/1
[serve]
workers = 1
"""
COVERAGE = """
[project]
run_first = coverage:process_startup
[env]
COVERAGE_PROCESS_START = {folder}/coverage.ini
[serve]
workers = 1
"""


@dataclass
class Collector:
    """What exporters have sent: path and body of each request."""

    address: str
    news: threading.Condition = field(default_factory=threading.Condition)
    got: list[tuple[str, bytes]] = field(default_factory=list)

    def wait_for(self, path: str, text: bytes) -> None:
        """Wait until a path has got a body with a text."""
        with self.news:
            found = self.news.wait_for(
                lambda: any(at == path and text in body for at, body in self.got), DEADLINE_SECONDS
            )
        assert found, self.got


@contextmanager
def collecting() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            with collector.news:
                collector.got.append((self.path, body))
                collector.news.notify_all()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def shop(checkout: Path) -> Machine:
    """A machine with tests/projects/zero-code-tracing."""
    scratch = checkout.parent / "agents"
    scratch.mkdir()
    case = Case(Source("zero-code-tracing", "tree", "tests/projects/zero-code-tracing"))
    build(case, checkout, case.source.make(scratch), scratch / "release")
    machine = make_machine(case, scratch)
    machine.succeed("migrate", "--verbosity", "0")
    return machine


def configure(shop: Machine, text: str, address: str = "") -> None:
    shop.configure(text.format(address=address, url=f"http://{address}", folder=shop.folder).lstrip())


def test_opentelemetry_traces_each_request(shop: Machine) -> None:
    with collecting() as collector:
        configure(shop, OPENTELEMETRY, collector.address)
        with shop.serving() as server:
            assert server.get("/").text == "home"
            collector.wait_for("/v1/traces", b"the-shop")
        assert all(path == "/v1/traces" for path, _ in collector.got)


def test_sentry_hears_of_an_error(shop: Machine) -> None:
    with collecting() as collector:
        configure(shop, SENTRY, collector.address)
        with shop.serving() as server:
            assert server.get("/broken").status == 500
            collector.wait_for("/api/1/envelope/", b"ZeroDivisionError")


def test_coverage_sees_the_settings_and_the_lines_of_a_worker(shop: Machine) -> None:
    data = shop.folder / "coverage"
    (shop.folder / "coverage.ini").write_text(f"[run]\ndata_file = {data}\nparallel = true\n")
    configure(shop, COVERAGE)
    with shop.serving() as server:
        assert server.get("/").text == "home"
        assert server.stop() == 0
    files: set[str] = set()
    for found in shop.folder.glob("coverage.*.*"):
        with closing(sqlite3.connect(found)) as database:
            files |= {Path(path).name for (path,) in database.execute("SELECT path FROM file")}
    assert {"settings.py", "urls.py"} <= files


def test_several_agents_run_in_commands_too(shop: Machine) -> None:
    configure(shop, "[project]\nrun_first = logging:lastResort.close, colorsys\n")
    assert shop.succeed("shell", "-v", "0", "-c", "import sys; print('colorsys' in sys.modules)") == "True\n"


@pytest.mark.parametrize(
    ("agent", "problem"),
    [
        ("no_agent", "the bundle has no module no_agent"),
        ("opentelemetry.none:run", "the bundle has no module opentelemetry.none"),
        ("colorsys:none", "module 'colorsys' has no attribute 'none'"),
    ],
)
def test_an_agent_that_is_not_there_is_told(shop: Machine, agent: str, problem: str) -> None:
    configure(shop, f"[project]\nrun_first = {agent}\n")
    for command in (["check"], ["runserve", "--check"]):
        done = shop.run(*command)
        assert done.returncode == 2
        assert f"[project] run_first: {agent}: {problem}\n" in done.stderr


def test_its_file_may_be_given(shop: Machine) -> None:
    """As the message about a missing module says."""
    (shop.folder / "agent.py").write_text("print('the agent runs')\n")
    configure(shop, "[project]\nrun_first = no_agent\n[modules]\nno_agent = {folder}/agent.py\n")
    assert shop.succeed("shell", "-v", "0", "-c", "print('and the site')") == "the agent runs\nand the site\n"


def test_what_is_no_agent_is_refused(shop: Machine) -> None:
    configure(shop, "[project]\nrun_first = opentelemetry-instrument --help\n")
    done = shop.run("check")
    assert done.returncode == 2
    assert "[project] run_first: wanted MODULE or MODULE:FUNCTION, several with commas between them, " in done.stderr


def test_a_wrapper_that_is_ignored_is_told(shop: Machine) -> None:
    """Of the machine, or of the bundle itself, around the bundle or around a program of it."""
    configure(shop, "[serve]\nworkers = 1\n")
    agent = "opentelemetry/instrumentation/auto_instrumentation/sitecustomize.py is not run"
    word = "as PYTHONPATH does not count: name the module of the agent in settings.ini, [project] run_first\n"
    for wrapped in (str(shop.executable), "django-admin"):
        done = shop.run("pyz", "exec", "opentelemetry-instrument", wrapped, "check")
        assert done.returncode == 0, done.stderr
        assert f"{agent}, {word}" in done.stderr
    folder = shop.folder / "wrapper"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("raise SystemExit('it was run')\n")
    command: list[str | Path] = [shop.executable, "check"]
    environment = {**shop.environment, "PYTHONPATH": f"/nowhere:{folder}:{shop.home}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr == f"{shop.executable.name}: {folder}/sitecustomize.py is not run, {word}"
