"""`[metrics] bind`: what Prometheus is told, while requests, a reload and the end of workers happen."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.harness import Machine, Server, request, wait_for_line
from tests.e2e.http.raw_http import ask
from tests.e2e.reload.releases import FILES, build, children, page, reload, service
from tests.waiting import held_up_at, wait_until

PROJECT = {
    "requirements.txt": "Django==5.2.19\ndjango-prometheus==2.3.1\nprometheus-client==0.20.0\n",
    "shop__settings": FILES["shop/settings.py"]
    + """
import os
INSTALLED_APPS += ["django_prometheus", "django.contrib.contenttypes"]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware", "django_prometheus.middleware.PrometheusAfterMiddleware"
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
""",
    "shop__urls": FILES["shop/urls.py"]
    + """
import prometheus_client
from django.urls import include

own = prometheus_client.Counter("own", "Of the project.")


def version(request):
    own.inc()
    return HttpResponse(prometheus_client.__file__ + " " + str(hasattr(prometheus_client, "validation")))


urlpatterns += [path("version", version), path("", include("django_prometheus.urls"))]
""",
}
"""A project with metrics of its own, told by another version of the library."""
METRICS_LINE = r"Metrics at: (\S+)"


@pytest.fixture(scope="module")
def measuring(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of it."""
    return build(checkout, tmp_path_factory.mktemp("measuring"), "first", **PROJECT)


@pytest.fixture
def machine(measuring: Path, tmp_path: Path, shared_cache: Path) -> Machine:
    """A machine with it."""
    made = Machine(tmp_path, measuring, "shop")
    made.environment["CACHE_DIRECTORY"] = str(shared_cache)
    return made


class Metrics:
    """What is told of a server."""

    def __init__(self, server: Server, address: str = "") -> None:
        self.url = f"{address or 'http://' + wait_for_line(server, METRICS_LINE)}/metrics"

    def get(self, name: str, **labels: str) -> float:
        """The value of a sample; the sum of those with other labels besides; -1 where there is none."""
        return self.get_all(name, labels)[0]

    def get_all(self, name: str, *wanted: Mapping[str, str]) -> tuple[float, ...]:
        """The same for several labels, at one time."""
        families = list(text_string_to_metric_families(request(self.url).text))
        samples = [one for family in families for one in family.samples if one.name == f"django_pyz_{name}"]
        found = [[one.value for one in samples if labels.items() <= one.labels.items()] for labels in wanted]
        return tuple(sum(values) if values else -1 for values in found)


@pytest.mark.slow
@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_counters_go_on_over_reloads_and_the_end_of_workers(interface: str, machine: Machine) -> None:
    gate = machine.folder / "gate"
    os.mkfifo(gate)
    machine.configure(machine_configuration(interface) + "[gunicorn]\nmax_requests = 15\n")
    machine.succeed("migrate", "contenttypes", "0001", "--verbosity", "0")
    with ThreadPoolExecutor() as pool, service(machine, "--set", "serve.migrations=warn") as (server, systemd):
        metrics = Metrics(server)
        for _ in range(40):
            assert page(server) == "first hello"
        for method in ("POST", "BREW", "BOIL"):
            assert request(f"{server.url}/", method).status == 200
        assert [server.get(path).status for path in ("/none", "/static/shop/site.css", "/-/live")] == [404, 200, 200]

        def count() -> tuple[float, ...]:
            labels = ({"method": "GET"}, {"method": "POST"}, {"method": "other"}, {"status": "404"})
            return metrics.get_all("requests_total", *labels)

        wait_until(lambda: count() == (42, 1, 2, 1), lambda: f"{count()}\n{request(metrics.url).text}")
        assert metrics.get("request_duration_seconds_count") == 45
        assert metrics.get("request_duration_seconds_bucket", method="POST", le="+Inf") == 1
        assert 0 < metrics.get("request_duration_seconds_sum", method="GET") < 60
        assert (metrics.get("workers", state="wanted"), metrics.get("pending_migrations")) == (2, 1)
        assert metrics.get("waiting_connections", listener=server.url.removeprefix("http://")) >= 0
        assert server.get("/version").text.endswith("/site-packages/prometheus_client/__init__.py False")
        assert "own_total" in (own := server.get("/metrics").text)
        assert "django_pyz" not in own
        assert "own_total" not in request(metrics.url).text
        assert metrics.get("release_info", django="5.2.19", version="") == 1

        slow = pool.submit(server.get, f"/?gate={gate}")
        with held_up_at(gate):
            assert metrics.get("requests_in_flight") == 1
            wait_until(lambda: readers(server, gate), "it to be read")
            os.kill(readers(server, gate)[0], signal.SIGKILL)
            wait_until(lambda: metrics.get("requests_in_flight") == 0, "the worker to be missed")
        assert slow.exception()
        wait_until(lambda: metrics.get("workers", state="alive") == 2, "another worker")
        assert count() == (44, 1, 2, 1)

        reload(server, systemd)
        assert page(server) == "first hello"
        wait_until(lambda: count() == (45, 1, 2, 1), lambda: f"{count()}")
        machine.configure(machine_configuration(interface) + "[settings]\nROOT_URLCONF = shop.nowhere\n")
        assert reload(server, systemd)["STATUS"].startswith("reload refused")
        wait_until(lambda: metrics.get("reloads_total", outcome="refused") == 1, "the refused one")
        assert metrics.get("reloads_total", outcome="done") == 1
        assert count() == (45, 1, 2, 1)
        assert server.stop() == 0


def machine_configuration(interface: str) -> str:
    return f"[serve]\nworkers = 2\ninterface = {interface}\n[metrics]\nbind = 127.0.0.1:0\n"


def readers(server: Server, pipe: Path) -> list[int]:
    """The workers that have opened a pipe."""
    found = []
    for pid in children(server):
        with contextlib.suppress(OSError):
            if any(entry.resolve() == pipe for entry in Path(f"/proc/{pid}/fd").iterdir()):
                found.append(pid)
    return found


@pytest.mark.slow
def test_the_address_is_the_configuration_s_and_somebody_answers_there(machine: Machine) -> None:
    path = machine.folder / "metrics"

    def configure(text: str) -> None:
        machine.configure(f"[serve]\nworkers = 1\nmigrations = warn\n[gunicorn]\npreload_app = true\n{text}")

    def told() -> str:
        return ask(f"unix:{path}", "/metrics").data.decode()

    machine.succeed("migrate", "--verbosity", "0")
    configure(f"[metrics]\nbind = unix:{path}\n")
    with service(machine) as (server, systemd), socket.create_server(("127.0.0.1", 0)) as other:
        assert page(server) == "first hello"
        wait_until(lambda: 'django_pyz_requests_total{method="GET",status="200"} 1.0' in told(), told)
        assert "django_pyz_pending_migrations 0.0" in told()
        os.kill(next(pid for pid in children(server) if _is_exporter(pid)), signal.SIGKILL)
        wait_for_line(server, "The metrics process has exited; starting another one")
        assert 'django_pyz_requests_total{method="GET",status="200"} 1.0' in told()

        port = other.getsockname()[1]
        configure(f"[metrics]\nbind = 127.0.0.1:{port}\n")
        said = reload(server, systemd)["STATUS"]
        assert said.startswith(f"reload refused: shop.pyz: 127.0.0.1:{port} is already in use by ")
        other.close()
        assert reload(server, systemd)["STATUS"].startswith("1 of 1 workers")
        metrics = Metrics(server, f"http://127.0.0.1:{port}")
        wait_until(lambda: not path.exists(), "the other address to be left")
        assert metrics.get("requests_total", method="GET", status="200") == 1
        assert metrics.get("reloads_total", outcome="refused") == metrics.get("reloads_total", outcome="done") == 1

        configure("")
        reload(server, systemd)
        with pytest.raises(ConnectionRefusedError):
            request(metrics.url)
        assert page(server) == "first hello"
        assert server.stop() == 0


def test_an_address_that_cannot_be_is_one_message(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        free = "127.0.0.1:1"
        for bind, message in (
            (taken, f"{taken} is already in use by "),
            (
                "unix:/nowhere/at/all",
                "cannot listen on unix:/nowhere/at/all: /nowhere/at is not a folder\nshop.pyz: See [metrics] bind.",
            ),
            (free, f"[metrics] bind: {free} is also an address of [serve] bind\nshop.pyz: Choose another one."),
            ("9100", "metrics.bind"),
            ("fd://3", "metrics.bind"),
        ):
            done = machine.run("runserve", "--set", f"metrics.bind={bind}", "--bind", free)
            assert (done.returncode, done.stdout) == (2, "")
            assert message in done.stderr, done.stderr
            assert "Traceback" not in done.stderr


def _is_exporter(pid: int) -> bool:
    return b": metrics" in Path(f"/proc/{pid}/cmdline").read_bytes()
