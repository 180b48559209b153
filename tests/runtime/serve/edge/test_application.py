"""The project's application is imported: which one, in what order, and what is said where it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from django_pyz_runtime.bundle.manifest import FILE_NAME, Manifest
from tests.runtime.conftest import Python

LOAD = """
import sys
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.activation.activate import Purpose
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.activation.prepare import prepare
from django_pyz_runtime.serve.edge.project import import_project, refusals
bundle = Bundle.load("/usr/bin/project-script", sys.argv[1], "b")
prepare(bundle, Arguments(None, (), []), Purpose.SERVE)
try:
    with refusals(sys.argv[2]):
        print(import_project(bundle.manifest, sys.argv[2]))
except UserError as error:
    print("refused:", error)
except Exception as error:
    print("bug:", error)
"""
SETTINGS = "SECRET_KEY = 'x'\nUSE_TZ = True\n"


@pytest.fixture
def project(tmp_path: Path, manifest: Manifest) -> Path:
    """An unpacked project with wsgi and asgi modules; the folder of its files."""
    folder = tmp_path / "tree/__project__"
    folder.mkdir(parents=True)
    made = manifest._replace(settings_module="pyz_settings", wsgi_module="pyz_wsgi", asgi_module="pyz_asgi")
    (tmp_path / "tree/site-packages").mkdir()
    (tmp_path / "tree/site-packages" / FILE_NAME).write_text(made.to_json(), encoding="utf-8")
    (folder / "pyz_settings.py").write_text(SETTINGS, encoding="utf-8")
    for interface in ("wsgi", "asgi"):
        (folder / f"pyz_{interface}.py").write_text(f"application = 'built {interface}'\n", encoding="utf-8")
    return folder


def loaded(python: Python, project: Path, interface: str) -> str:
    data = str(project.parent.parent / "data")
    return python(LOAD, str(project.with_name("site-packages")), interface, PROJECT__PROJECT__DATA_DIR=data)


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_the_module_seen_at_build_time_is_taken(interface: str, python: Python, project: Path) -> None:
    assert loaded(python, project, interface) == f"built {interface}\n"


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_the_setting_comes_before_it(interface: str, python: Python, project: Path) -> None:
    (project / "pyz_settings.py").write_text(SETTINGS + f"{interface.upper()}_APPLICATION = 'other.app'\n")
    (project / "other.py").write_text("app = 'the other'\n")
    assert loaded(python, project, interface) == "the other\n"


@pytest.mark.parametrize(("interface", "handler"), [("wsgi", "WSGIHandler"), ("asgi", "ASGIHandler")])
def test_without_either_it_is_djangos_own(interface: str, handler: str, python: Python, project: Path) -> None:
    manifest = project.with_name("site-packages") / FILE_NAME
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), f"{interface}_module": ""}))
    assert handler in loaded(python, project, interface)


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_the_module_may_prepare_what_the_settings_need(interface: str, python: Python, project: Path) -> None:
    (project / "pyz_settings.py").write_text(SETTINGS + "import os\nSECRET_KEY = os.environ['PREPARED']\n")
    (project / f"pyz_{interface}.py").write_text("import os\nos.environ['PREPARED'] = 'x'\napplication = 'prepared'\n")
    assert loaded(python, project, interface) == "prepared\n"


def test_a_setting_may_name_a_module_that_needs_the_apps(python: Python, project: Path) -> None:
    (project / "pyz_settings.py").write_text(SETTINGS + "ASGI_APPLICATION = 'routing.application'\n")
    (project / "routing.py").write_text("from django.apps import apps\napplication = apps.ready\n")
    assert loaded(python, project, "asgi") == "True\n"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            "ASGI_APPLICATION = 'nosuch.app'\n",
            "refused: pyz_settings: ASGI application 'nosuch.app' could not be loaded",
        ),
        ("ASGI_APPLICATION = 'breaks.app'\n", "bug: No module named 'what_it_needs'"),
        ("ROOT_URLCONF = 'breaks'\n", "bug: No module named 'what_it_needs'"),
        (
            "from django.core.exceptions import ImproperlyConfigured as I\nraise I('bad')\n",
            "refused: pyz_settings: bad",
        ),
    ],
)
def test_mistakes_are_told_from_bugs(settings: str, said: str, python: Python, project: Path) -> None:
    (project / "pyz_asgi.py").write_text("from django.conf import settings\napplication = settings.DEBUG\n")
    (project / "pyz_settings.py").write_text(SETTINGS + settings)
    (project / "breaks.py").write_text("import what_it_needs\n")
    assert loaded(python, project, "asgi").startswith(said)
