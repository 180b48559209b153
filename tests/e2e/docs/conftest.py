"""The sites that the pages are about."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.corpus.cases import Case, build
from tests.e2e.corpus.sources import Source
from tests.e2e.release.conftest import flat
from tests.sharing import made_once

__all__ = ["flat"]
_HOME = """
from django.http import HttpResponse

urlpatterns.append(path("", lambda request: HttpResponse("home")))
"""
_UPLOADS = '\nMEDIA_URL = "media/"\nMEDIA_ROOT = BASE_DIR / "media"\n'
_CELERY = """
from celery import Celery

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.task
def add(x, y):
    return x + y
"""
_DRIVER = """
import pymysql

pymysql.version_info = (2, 2, 8, "final", 0)
pymysql.install_as_MySQLdb()

from shop.celery import app  # noqa
"""
_SERVICES = '\n[tool.django-pyz.services]\nworker = "celery -A shop worker"\n'


@pytest.fixture(scope="session")
def plain_shop(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `django-admin startproject shop` writes, with one page and uploads; also a site named blog."""

    def make(folder: Path) -> None:
        for name in ("shop", "blog"):
            _build(checkout, folder, name, "Django==5.2.19\n")

    return made_once(tmp_path_factory, "plain-shop", make) / "shop.pyz"


@pytest.fixture(scope="session")
def shop_with_packages(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with drivers of databases, Celery and a worker."""
    packages = "Django==5.2.19\npsycopg[binary]\nPyMySQL\ncelery==5.6.2\nredis==6.4.0\nasync-timeout==5.0.1\n"
    more = {"shop/celery.py": _CELERY, "shop/__init__.py": _DRIVER}

    def make(folder: Path) -> None:
        _build(checkout, folder, "shop", packages, _SERVICES, **more)

    return made_once(tmp_path_factory, "shop-with-packages", make) / "shop.pyz"


def _build(checkout: Path, folder: Path, name: str, packages: str, table: str = "", **more: str) -> None:
    project = folder / name
    project.mkdir()
    subprocess.run([sys.executable, "-m", "django", "startproject", name, str(project)], check=True)
    for file, text in (("urls.py", _HOME), ("settings.py", _UPLOADS)):
        with (project / name / file).open("a") as opened:
            opened.write(text)
    pyproject = f'[project]\nname = "{name}"\nversion = "1.0"\n{table}'
    files = {"requirements.txt": packages, "pyproject.toml": pyproject, **more}
    for path, text in files.items():
        (project / path).write_text(text)
    build(Case(Source(name, "tree", str(project))), checkout, project, folder / f"{name}.pyz")
