"""A project without a list of dependencies: what is installed in its virtual environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from django_pyz.dependencies import installed
from django_pyz.dependencies.source import Source, find_source
from django_pyz.options import Options
from django_pyz.process import clean_environment
from django_pyz_runtime.errors import UserError
from tests.build.trees import write_tree

SITE_PACKAGES = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
DJANGO = {"Django": "5.2.19", "asgiref": "3.8.1"}


def _environment(
    folder: Path, packages: Mapping[str, str] = DJANGO, origins: Mapping[str, object] | None = None
) -> Path:
    """A virtual environment, as far as what is installed in it goes."""
    places = {name: f"{SITE_PACKAGES}/{name}-{version}.dist-info" for name, version in packages.items()}
    files = {f"{places[name]}/METADATA": f"Name: {name}\nVersion: {packages[name]}\n" for name in packages}
    known = {f"{places[name]}/direct_url.json": json.dumps(origin) for name, origin in (origins or {}).items()}
    return write_tree(folder, {"pyvenv.cfg": "", **files, **known})


def _find(root: Path, folder: Path | None = None, active: Path | None = None) -> Source:
    environ = {"VIRTUAL_ENV": str(active)} if active else {}
    return find_source(root, [folder or root, root], Options(), environ)


@pytest.mark.parametrize("name", [".venv", "venv", "env", "web/venv"])
def test_the_packages_of_a_virtual_environment_beside_manage_py_are_taken(tmp_path: Path, name: str) -> None:
    environment = _environment(tmp_path / name)

    found = _find(tmp_path, tmp_path / "web")

    assert found.files[0] == environment
    assert found.installed == ("asgiref==3.8.1", "django==5.2.19")


def test_the_active_virtual_environment_comes_first(tmp_path: Path) -> None:
    _environment(tmp_path / "shop" / ".venv")
    active = _environment(tmp_path / "active", {"Django": "4.2.30"})

    assert _find(tmp_path / "shop", active=active).installed == ("django==4.2.30",)


def test_a_list_that_is_written_down_comes_first(tmp_path: Path) -> None:
    active = _environment(tmp_path / ".venv")
    write_tree(tmp_path, {"requirements.txt": "Django\n"})

    assert _find(tmp_path, active=active).kind == "requirements"


def test_an_environment_without_django_is_that_of_a_tool(tmp_path: Path) -> None:
    active = _environment(tmp_path / "tool", {"ruff": "0.1"})
    environment = _environment(tmp_path / "shop" / ".venv")

    assert _find(tmp_path / "shop", active=active).files[0] == environment


def test_of_two_with_names_of_their_own_none_is_guessed(tmp_path: Path) -> None:
    _environment(tmp_path / "env-a")
    _environment(tmp_path / "env-b")

    with pytest.raises(UserError, match="found none"):
        _find(tmp_path)


def test_tools_and_leftovers_of_packages_are_no_requirements(tmp_path: Path) -> None:
    tools = {"pip": "25", "setuptools": "80", "wheel": "1", "django-pyz": "1"}
    environment = _environment(tmp_path, {**DJANGO, **tools})
    write_tree(environment, {f"{SITE_PACKAGES}/~jango-5.dist-info/RECORD": ""})

    assert installed.requirements(environment, tmp_path / "shop") == ("asgiref==3.8.1", "django==5.2.19")


def test_packages_from_elsewhere_keep_their_origin(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    origins = {
        "fork": {"url": "https://example.org/fork.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
        "wheel-file": {"url": "https://example.org/x.whl", "archive_info": {}},
        "inside": {"url": f"file://{root}/libs/in%20side", "dir_info": {"editable": True}},
        "beside": {"url": f"file://{tmp_path}/beside", "dir_info": {}},
        "shop": {"url": f"file://{root}", "dir_info": {"editable": True}},
    }
    environment = _environment(tmp_path / "venv", dict.fromkeys(origins, "1"), origins)

    assert installed.requirements(environment, root) == (
        "./libs/in side",
        f"{tmp_path}/beside",
        "fork @ git+https://example.org/fork.git@abc",
        "wheel-file @ https://example.org/x.whl",
    )


def _run(command: str, folder: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, shell=True, check=True, cwd=folder, env=clean_environment(PATH=path))


def test_without_any_the_command_that_the_message_gives_writes_the_list(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="found none") as caught:
        _find(tmp_path)
    command = re.search("`(.+)`", caught.value.hint)
    assert command
    _run(command[1], tmp_path)

    assert _find(tmp_path) == Source("requirements", (Path("requirements.txt"),))
    assert "Django==" in (tmp_path / "requirements.txt").read_text()


@pytest.mark.parametrize("has_pip", [True, False])
def test_the_note_gives_a_command_that_keeps_the_list(tmp_path: Path, has_pip: bool) -> None:
    root = tmp_path / "my shop"
    venv = _environment(root / "venv", DJANGO)
    subprocess.run([sys.executable, "-m", "venv", venv, *([] if has_pip else ["--without-pip"])], check=True)
    found = _find(root)

    _run(installed.keep_list(found.files[0]), root)

    assert (root / "requirements.txt").read_text().lower().split() == sorted(found.installed)
