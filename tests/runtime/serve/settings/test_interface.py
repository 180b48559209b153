"""Which worker class serves the site, and so which interface."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.config.configuration import Value
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.serve.settings.interface import interface_of, worker_class
from tests.runtime.conftest import Load, Python

ASGI_WORKER = "django_pyz_runtime.serve.requests.asgi_worker.AsgiWorker"
CHOOSE = """
import os, sys
from dataclasses import replace
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
    return worker_class(replace(manifest, wsgi_module="myproj.wsgi"), configuration, value, projects)


@pytest.mark.parametrize(("interface", "expected"), [("auto", "gthread"), ("wsgi", "gthread"), ("asgi", ASGI_WORKER)])
def test_the_worker_goes_with_the_interface(interface: str, expected: str, load: Load, manifest: Manifest) -> None:
    assert chosen(load, manifest, interface) == expected


@pytest.mark.parametrize(
    ("interface", "projects", "expected"),
    [("auto", "asgi", "asgi"), ("auto", "sync", "sync"), ("wsgi", "asgi", "gthread"), ("asgi", "sync", ASGI_WORKER)],
)
def test_the_projects_worker_gives_way_to_the_interface(
    interface: str, projects: str, expected: str, load: Load, manifest: Manifest
) -> None:
    assert chosen(load, manifest, interface, projects) == expected


def test_the_operators_worker_comes_first(load: Load, manifest: Manifest) -> None:
    assert chosen(load, manifest, "auto", "sync", said="asgi") == "asgi"
    with pytest.raises(UserError, match="'sync' speaks wsgi"):
        chosen(load, manifest, "asgi", said="sync")


def test_a_worker_that_is_not_there_is_named_with_ways_out(load: Load, manifest: Manifest) -> None:
    with pytest.raises(UserError) as raised:
        chosen(load, manifest, "auto", "nosuch.workers.Worker")
    assert raised.value.problems == (
        "gunicorn: worker_class 'nosuch.workers.Worker' cannot be imported: "
        "ModuleNotFoundError: No module named 'nosuch'",
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
        ("ASGI_APPLICATION = 'site_asgi.application'\n", "", ASGI_WORKER),
        ("WSGI_APPLICATION = 'gone.application'\nASGI_APPLICATION = 'site_asgi.application'\n", "", ASGI_WORKER),
        ("import os\nassert os.environ['PREPARED']\n", "site_asgi", ASGI_WORKER),
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


def test_an_old_gunicorn_needs_uvicorns_worker(python: Python, tmp_path: Path) -> None:
    hidden = (
        "import sys; sys.modules['gunicorn.workers.gasgi'] = None\n"
        "from django_pyz_runtime.errors import UserError\n"
        "from django_pyz_runtime.serve.settings.interface import _asgi_worker\n"
        "try: print(_asgi_worker())\nexcept UserError as error: print(error.hint)"
    )
    assert "gunicorn 24 or later, or add uvicorn-worker" in python(hidden)
    (tmp_path / "uvicorn_worker.py").touch()
    assert python(hidden) == "uvicorn_worker.UvicornWorker\n"
