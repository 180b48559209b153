"""Health endpoints at the edge."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from django_pyz_runtime.serve.edge.checks import Check, checks_named
from django_pyz_runtime.serve.edge.health import Health
from tests.runtime.conftest import Python

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PROJECT = """
import sys, logging
import django
from django.conf import settings
DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}
settings.configure(INSTALLED_APPS=["django.contrib.contenttypes"], DATABASES={"default": DATABASE})
django.setup()
from django.core.management import call_command
from pathlib import Path
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.serve.edge.checks import MigrationCheck, check_databases
manifest = Manifest("shop", "shop", "shop.settings", ("__project__",), "3.11")
bundle = Bundle(Path("/shop"), Path("/tree/site-packages"), "0" * 64, manifest)
"""


def project(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"the project"]


def fails() -> None:
    raise RuntimeError("password hunter2 is wrong")


def asked(
    application: WSGIApplication, path: str, method: str = "GET", **more: str
) -> tuple[str, dict[str, str], bytes]:
    """The answer to a request, checked against the WSGI specification."""
    environ: dict[str, Any] = {"PATH_INFO": path, "REQUEST_METHOD": method, "QUERY_STRING": "", "SCRIPT_NAME": ""}
    environ |= more
    setup_testing_defaults(environ)
    started: list[tuple[str, dict[str, str]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
        started.append((status, dict(headers)))
        return lambda data: None

    body: Any = validator(application)(environ, start_response)
    content = b"".join(body)
    body.close()
    return (*started[0], content)


def health(checks: Mapping[str, Check], live: str | None = "/live", ready: str | None = "/ready") -> Health:
    return Health(project, live, ready, checks, {"version": "1.4", "build": "0123"})


def test_a_site_with_no_failing_check_is_live_and_ready() -> None:
    for path in ("/live", "/ready"):
        status, headers, body = asked(health({"passes": lambda: None}), path)
        assert (status, body, headers["Cache-Control"]) == ("200 OK", b"ok\n", "no-store")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "", "/run/shop.sock"])
def test_who_asks_on_this_machine_for_json_is_told_the_release(address: str) -> None:
    wanted = {"HTTP_ACCEPT": "application/json", "REMOTE_ADDR": address}
    status, headers, body = asked(health({"passes": lambda: None}), "/ready", **wanted)
    assert (status, headers["Content-Type"]) == ("200 OK", "application/json")
    assert json.loads(body) == {"status": "ok", "version": "1.4", "build": "0123"}

    status, _, body = asked(health({"database": fails}), "/ready", **wanted)
    assert (status[:3], json.loads(body)["status"]) == ("503", "unavailable")


@pytest.mark.parametrize(
    "more",
    [
        {"REMOTE_ADDR": "10.0.0.7"},
        {"REMOTE_ADDR": "fe80::1"},
        *({"REMOTE_ADDR": "127.0.0.1", f"HTTP_{name}": "10.0.0.7"} for name in ("X_FORWARDED_FOR", "X_REAL_IP")),
        *({"REMOTE_ADDR": "", f"HTTP_{name}": "for=10.0.0.7"} for name in ("FORWARDED", "VIA")),
    ],
)
def test_others_are_told_no_more_than_up_or_down(more: dict[str, str]) -> None:
    _, headers, body = asked(health({"passes": lambda: None}), "/ready", HTTP_ACCEPT="application/json", **more)
    assert (headers["Content-Type"], body) == ("text/plain; charset=utf-8", b"ok\n")


def test_a_failing_check_means_live_but_not_ready_and_why_goes_to_the_log_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    application = health({"passes": lambda: None, "database": fails})
    assert asked(application, "/live")[0] == "200 OK"
    assert asked(application, "/ready")[::2] == ("503 Service Unavailable", b"unavailable\n")
    assert caplog.messages == ["not ready: database: password hunter2 is wrong"]


def test_every_failing_check_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    asked(health({"a": fails, "b": fails}), "/ready")
    assert [message.split(":")[1] for message in caplog.messages] == [" a", " b"]


@pytest.mark.parametrize("path", ["/", "/live/", "/livex", "/x/ready"])
def test_all_other_paths_are_the_projects(path: str) -> None:
    assert asked(health({}), path)[2] == b"the project"


def test_a_path_that_is_off_is_the_projects() -> None:
    assert asked(health({}, live=None), "/live")[2] == b"the project"
    assert asked(health({}, ready=None), "/ready")[2] == b"the project"


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(method: str) -> None:
    status, headers, body = asked(health({"never": fails}), "/ready", method)
    assert (status, headers["Allow"], body) == ("405 Method Not Allowed", "GET, HEAD", b"")


def test_a_database_that_can_be_queried_passes(python: Python, tmp_path: Path) -> None:
    assert python(PROJECT + "check_databases(); print('passes')", str(tmp_path / "db")) == "passes\n"


def test_a_database_that_cannot_be_opened_fails(python: Python, tmp_path: Path) -> None:
    code = PROJECT + "try: check_databases()\nexcept Exception as error: print(type(error).__name__)"
    assert python(code, str(tmp_path / "gone/db")) == "OperationalError\n"


def test_readiness_comes_with_the_last_migration_and_stays(python: Python, tmp_path: Path) -> None:
    code = (
        "check = MigrationCheck(bundle)\n"
        "try: check()\nexcept RuntimeError as error: print(error)\n"
        "call_command('migrate', 'contenttypes', '0001', verbosity=0)\n"
        "try: check()\nexcept RuntimeError as error: print(error)\n"
        "call_command('migrate', verbosity=0); check()\n"
        "import os; os.unlink(sys.argv[1]); check(); print('ready')"
    )
    assert python(PROJECT + code, str(tmp_path / "db")).splitlines() == [
        "2 migrations are not applied, the first is contenttypes.0001_initial",
        "1 migrations are not applied, the first is contenttypes.0002_remove_content_type_name",
        "ready",
    ]


def test_a_site_without_database_is_ready(python: Python) -> None:
    code = PROJECT.replace('DATABASES={"default": DATABASE}', "DATABASES={}")
    assert python(code + "check_databases(); MigrationCheck(bundle)(); print('ready')", "x") == "ready\n"


def test_the_checks_are_chosen_by_name() -> None:
    assert list(checks_named(["migrations", "database"], fails)) == ["migrations", "database"]
    assert checks_named([], fails) == {}
    with pytest.raises(KeyError):
        checks_named(["databases"], fails)
