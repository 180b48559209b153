"""Which worker class serves the site, and so which interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gunicorn import __version__

from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.config.configuration import Value
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.serve.settings.interface import interface_of, worker_class
from tests.runtime.conftest import Load, Python

CHOOSE = """
import os, sys
from django_pyz_runtime.bundle import manifest
from django_pyz_runtime.config import levels
from django_pyz_runtime.boot import arguments
from django_pyz_runtime.serve.settings.interface import worker_class
os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"
made = manifest.Manifest("project", "project-script", "site_settings", (), "3.11", asgi_module=sys.argv[1])
configuration = levels.load(made, arguments.split([]), os.environ, os.geteuid())
print(worker_class(made, configuration, None, None), "django" in sys.modules)
"""


def chosen(load: Load, manifest: Manifest, interface: str, projects: Any = None, said: str = "") -> Any:
    text = f"[serve]\ninterface = {interface}\n" + (f"[gunicorn]\nworker_class = {said}\n" if said else "")
    configuration = load(text)
    value: Value | None = next(iter(configuration.section("gunicorn")), None)
    return worker_class(manifest._replace(wsgi_module="myproj.wsgi"), configuration, value, projects)


@pytest.mark.parametrize(("interface", "expected"), [("auto", "gthread"), ("wsgi", "gthread"), ("asgi", "asgi")])
def test_the_worker_goes_with_the_interface(interface: str, expected: str, load: Load, manifest: Manifest) -> None:
    assert chosen(load, manifest, interface) == expected


@pytest.mark.parametrize(
    ("interface", "projects", "expected"),
    [("auto", "asgi", "asgi"), ("auto", "sync", "sync"), ("wsgi", "asgi", "gthread"), ("asgi", "sync", "asgi")],
)
def test_the_projects_worker_gives_way_to_the_interface(
    interface: str, projects: str, expected: str, load: Load, manifest: Manifest
) -> None:
    assert chosen(load, manifest, interface, projects) == expected


def test_asgi_is_chosen_where_websockets_are_routed(load: Load, manifest: Manifest) -> None:
    routing = manifest._replace(routes_websockets=True)

    assert [chosen(load, routing, interface) for interface in ("auto", "wsgi")] == ["asgi", "gthread"]


def test_the_operators_worker_comes_first(load: Load, manifest: Manifest) -> None:
    assert chosen(load, manifest, "auto", "sync", said="asgi") == "asgi"
    with pytest.raises(UserError, match="'sync' speaks wsgi"):
        chosen(load, manifest, "asgi", said="sync")


@pytest.mark.parametrize(
    ("worker", "reason"),
    [
        ("nosuch.workers.Worker", "No module named 'nosuch'"),
        ("gunicorn.workers.geventlet.EventletWorker", "No module named 'gunicorn.workers.geventlet'"),
        ("gunicorn.workers.sync.NoWorker", "gunicorn.workers.sync has no class NoWorker"),
        ("gunicorn.workers.sync.sys", "gunicorn.workers.sync has no class sys"),
        ("eventlet", f"gunicorn {__version__} has no such worker, only sync, gevent, "),
        ("egg:nosuch#sync", "No package metadata was found for nosuch"),
        ("egg:gunicorn#nosuch", "Entry point ('gunicorn.workers', 'nosuch') not found"),
        ("gevent", "gevent worker requires gevent "),
    ],
)
def test_a_worker_that_cannot_be_loaded_is_named_with_ways_out(
    worker: str, reason: str, load: Load, manifest: Manifest
) -> None:
    with pytest.raises(UserError) as raised:
        interface_of(worker)
    [problem] = raised.value.problems
    assert problem.startswith(f"gunicorn: worker_class {worker!r} cannot be loaded: {reason}")
    assert raised.value.hint == (
        "Set another in [gunicorn] worker_class, or remove it and set [serve] interface, "
        "or add its package to the project's dependencies and build again."
    )
    # Each of the first two is a way out where the project asks for that worker.
    assert chosen(load, manifest, "auto", worker, said="gthread") == "gthread"
    assert chosen(load, manifest, "wsgi", worker) == "gthread"
    assert chosen(load, manifest, "asgi", worker) == "asgi"


def test_a_bug_in_the_module_of_a_worker_is_one(tmp_path: Path, python: Python) -> None:
    (tmp_path / "own_workers.py").write_text("1 / 0\n")
    code = "from django_pyz_runtime.serve.settings.interface import interface_of as of\n"
    assert python(f"{code}try: of('own_workers.Own')\nexcept ZeroDivisionError as error: print(error)") == (
        "division by zero\n"
    )


def test_a_class_that_comes_from_an_asgi_worker_speaks_asgi() -> None:
    from gunicorn.workers.gasgi import ASGIWorker

    class Own(ASGIWorker):
        """A project's."""

    assert interface_of(Own) == "asgi"


@pytest.mark.parametrize(
    ("settings", "asgi_module", "expected"),
    [
        ("WSGI_APPLICATION = 'site_wsgi.application'\nASGI_APPLICATION = 'site_asgi.application'\n", "", "gthread"),
        ("ASGI_APPLICATION = 'site_asgi.application'\n", "", "asgi"),
        ("WSGI_APPLICATION = 'gone.application'\nASGI_APPLICATION = 'site_asgi.application'\n", "", "asgi"),
        ("import os\nassert os.environ['PREPARED']\n", "site_asgi", "asgi"),
        ("", "", "gthread"),
        ("print('loud')\n1 / 0\n", "", "gthread"),
    ],
)
def test_without_a_wsgi_module_the_settings_decide_in_a_process_of_their_own(
    settings: str, asgi_module: str, expected: str, python: Python, tmp_path: Path
) -> None:
    # Django 4.2 warns of settings that leave this to it.
    (tmp_path / "site_settings.py").write_text(f"USE_TZ = True\n{settings}", encoding="utf-8")
    (tmp_path / "site_asgi.py").write_text("import os\nos.environ['PREPARED'] = 'yes'\n", encoding="utf-8")
    (tmp_path / "site_wsgi.py").touch()
    assert python(CHOOSE, asgi_module) == f"{expected} False\n"
