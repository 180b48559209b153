"""What gets installed, and with what."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from django_pyz.dependencies.install import (
    GUNICORN,
    PROMETHEUS_CLIENT,
    RUN_WING_NEEDS,
    Installed,
    install_dependencies,
    run_wing_requirements,
)
from django_pyz.dependencies.installers import installed_versions
from django_pyz.dependencies.source import Source
from django_pyz.options import Options
from django_pyz.python import find_python
from django_pyz_runtime.errors import UserError
from tests.build.trees import write_program, write_tree

SQLPARSE = "cf2196ed3418f3ba5de6af7e82c694a9fbdbfecccdfc72e281548517081f16ca"
"""The hash of sqlparse-0.5.3-py3-none-any.whl."""
NO_OPTIONS = Options()
SETUP = "from setuptools import setup\nsetup(name='shop', version='1', packages=['shop_app'])\n"
LIBRARY = {
    "lib/pyproject.toml": """\
[project]
name = "lib"
version = "1"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
""",
    "lib/lib/__init__.py": "",
}


def test_the_run_wing_takes_fixed_versions() -> None:
    for text in run_wing_requirements({}, exact=True):
        (specifier,) = Requirement(text).specifier
        assert specifier.operator == "=="


def test_what_the_project_brings_is_left_to_it() -> None:
    names = {Requirement(text).name for text in run_wing_requirements({"whitenoise": "6.0"}, exact=True)}

    assert names == {"packaging", "platformdirs"}


def test_nothing_is_fixed_where_the_fixed_versions_do_not_fit() -> None:
    assert all(">=" in text for text in run_wing_requirements({}, exact=False))


def test_a_pin_that_is_too_old_is_an_error() -> None:
    with pytest.raises(UserError, match=r"(?m)^the project installs whitenoise 4.1, but a bundle needs 5.0 or newer$"):
        run_wing_requirements({"whitenoise": "4.1"}, exact=True)


def _install_all(root: Path, kind: str, file: str, options: Options = NO_OPTIONS) -> Installed:
    python = find_python("")
    return install_dependencies(Source(kind, (Path(file),)), root, options, python, root.with_name("venv"))


def _install(root: Path, kind: str, file: str, options: Options = NO_OPTIONS) -> Path:
    return _install_all(root, kind, file, options).site_packages


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a library in it."""
    return write_tree(tmp_path / "shop", LIBRARY)


@pytest.fixture
def without_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which pip installs."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


@pytest.mark.slow
def test_hashed_requirements_are_installed_as_pinned_and_the_run_wing_beside_them(root: Path) -> None:
    """pip refuses to install anything without a hash in the same run."""
    write_tree(root, {"requirements.txt": f"sqlparse==0.5.3 --hash=sha256:{SQLPARSE}\n"})

    installed = installed_versions(_install(root, "requirements", "requirements.txt"))

    assert installed["sqlparse"] == "0.5.3"
    needed = {name for name, *_ in RUN_WING_NEEDS}
    assert set(installed) == {"sqlparse", *needed}


@pytest.mark.slow
def test_a_dependency_of_older_patch_releases_only_is_known(root: Path) -> None:
    minor = "{}.{}".format(*sys.version_info)
    older = f"dependencies = [\"no-such-package; python_full_version < '{minor}.1'\"]\n"
    (root / "lib/pyproject.toml").write_text(
        LIBRARY["lib/pyproject.toml"].replace("[build-system]", older + "[build-system]")
    )
    write_tree(root, {"requirements.txt": "./lib\n"})

    found = _install_all(root, "requirements", "requirements.txt").patch_releases

    assert (found.least, found.below, len(found.notes)) == (1, 0, 1)


@pytest.mark.slow
def test_a_package_that_a_lock_has_for_older_patch_releases_only_is_known(root: Path) -> None:
    minor = "{}.{}".format(*sys.version_info)
    write_tree(
        root,
        {
            "poetry.lock": f"""\
[[package]]
name = "no-such-package"
version = "1"
groups = ["main"]
markers = "python_full_version < '{minor}.1'"
"""
        },
    )

    found = _install_all(root, "poetry.lock", "poetry.lock").patch_releases

    assert (found.least, found.below, len(found.notes)) == (1, 0, 1)


@pytest.mark.slow
@pytest.mark.parametrize("program", ["uv", "pip"])
@pytest.mark.parametrize("lines", ["django==5.2.19\nsqlparse==0.5.3\nasgiref==3.8.1\n", "django==5.2.19\n"])
def test_pins_are_kept_and_what_they_leave_out_comes_as_well(
    root: Path, monkeypatch: pytest.MonkeyPatch, program: str, lines: str
) -> None:
    if program == "pip":
        monkeypatch.setenv("PATH", "/usr/bin:/bin")
    write_tree(root, {"requirements.txt": lines})

    installed = installed_versions(_install(root, "requirements", "requirements.txt"))

    needed = {name for name, *_ in RUN_WING_NEEDS}
    assert set(installed) == {"django", "sqlparse", "asgiref", *needed}
    assert {f"{name}=={version}" for name, version in installed.items()} >= set(lines.split())


@pytest.mark.slow
def test_a_file_with_another_hash_is_refused(root: Path) -> None:
    write_tree(root, {"requirements.txt": f"sqlparse==0.5.3 --hash=sha256:{'0' * 64}\n"})

    with pytest.raises(UserError, match=r"^cannot install the dependencies of shop: "):
        _install(root, "requirements", "requirements.txt")


@pytest.mark.slow
@pytest.mark.usefixtures("without_uv")
def test_local_packages_are_really_installed(root: Path) -> None:
    write_tree(root, {"requirements/base.txt": "-e .\n-e ./lib\n", "setup.py": SETUP, "shop_app/__init__.py": ""})

    site_packages = _install(root, "requirements", "requirements/base.txt")

    assert (site_packages / "lib" / "__init__.py").is_file()
    assert (site_packages / "shop_app" / "__init__.py").is_file()
    assert not list(site_packages.glob("*.pth"))
    assert not list(site_packages.glob("__editable__*"))


@pytest.mark.slow
@pytest.mark.usefixtures("without_uv")
def test_a_lock_may_have_packages_with_a_hash_and_folders_which_have_none(root: Path) -> None:
    sqlparse = {"version": "==0.5.3", "hashes": [f"sha256:{SQLPARSE}"]}
    lock = {"default": {"sqlparse": sqlparse, "lib": {"path": "./lib", "editable": True}}}
    write_tree(root, {"Pipfile.lock": json.dumps(lock)})

    site_packages = _install(root, "Pipfile.lock", "Pipfile.lock")

    assert installed_versions(site_packages)["sqlparse"] == "0.5.3"
    assert (site_packages / "lib" / "__init__.py").is_file()


@pytest.mark.slow
@pytest.mark.usefixtures("without_uv")
def test_an_index_of_the_project_that_lacks_the_run_wing_is_left(root: Path) -> None:
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*download, "--dest", str(root / "vendor"), "sqlparse==0.5.3"], check=True)
    write_tree(root, {"requirements.txt": "--no-index\n--find-links vendor\nsqlparse\n"})

    installed = _install_all(root, "requirements", "requirements.txt")

    assert installed_versions(installed.site_packages)["sqlparse"] == "0.5.3"
    assert installed_versions(installed.site_packages)["whitenoise"]
    assert installed_versions(installed.server)["gunicorn"]


@pytest.mark.slow
def test_setuptools_comes_with_a_package_that_takes_it_for_granted(root: Path) -> None:
    write_tree(root, {"requirements.txt": "./lib\n", "lib/lib/__init__.py": "import pkg_resources\n"})

    installed = installed_versions(_install(root, "requirements", "requirements.txt"))

    assert Version(installed["setuptools"]) < Version("81")


def test_a_python_that_the_project_does_not_take_is_said_before_anything_is_installed(root: Path) -> None:
    write_tree(root, {"requirements.txt": "none-such-package", "pyproject.toml": '[project]\nrequires-python = "<3"'})

    with pytest.raises(UserError, match=r"pyproject.toml: requires Python <3, found 3"):
        _install(root, "requirements", "requirements.txt")


@pytest.mark.slow
def test_the_fixed_versions_need_nothing_else(root: Path) -> None:
    """They are installed without what they depend on."""
    write_tree(root, {"requirements.txt": ""})

    installed = _install_all(root, "requirements", "requirements.txt")

    found = {item.name: item for folder in installed for item in distributions(path=[str(folder)])}
    needs = [Requirement(text) for item in found.values() for text in item.requires or ()]
    needed = {need.name for need in needs if not need.marker or need.marker.evaluate({"extra": ""})}
    assert needed <= set(found) == {"gunicorn", "prometheus_client", *(name for name, *_ in RUN_WING_NEEDS)}


@pytest.mark.parametrize("program", ["uv", "pip"])
@pytest.mark.parametrize("lines", ["gunicorn==19.9.0\n", f"{GUNICORN}\n", ""])
def test_the_server_is_one_version_whatever_the_project_pins(
    root: Path, monkeypatch: pytest.MonkeyPatch, program: str, lines: str
) -> None:
    if program == "pip":
        monkeypatch.setenv("PATH", "/usr/bin:/bin")
    write_tree(root, {"requirements.txt": lines})

    installed = _install_all(root, "requirements", "requirements.txt")

    own = installed_versions(installed.site_packages)
    assert {f"{name}=={version}" for name, version in own.items()} >= set(lines.split())
    assert ("gunicorn" in own) is bool(lines)
    server = [f"{name}=={version}" for name, version in installed_versions(installed.server).items()]
    assert sorted(server) == [GUNICORN, PROMETHEUS_CLIENT]


def test_the_server_is_the_version_that_these_tests_run() -> None:
    assert f"gunicorn=={version('gunicorn')}" == GUNICORN
    assert f"prometheus-client=={version('prometheus-client')}" == PROMETHEUS_CLIENT


@pytest.mark.parametrize("program", ["uv", pytest.param("pip", marks=pytest.mark.long)])
def test_an_index_that_lacks_the_server_is_said_and_having_it_there_helps(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(root / "vendor")]
    subprocess.run([*download, "sqlparse==0.5.3", *run_wing_requirements({}, exact=True)], check=True)
    subprocess.run([*download, "--dest", str(tmp_path), GUNICORN, PROMETHEUS_CLIENT], check=True)
    if program == "pip":
        monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name in ("UV_DEFAULT_INDEX", "PIP_INDEX_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_RETRIES", "0")
    write_tree(root, {"requirements.txt": "--no-index\n--find-links vendor\nsqlparse\n"})

    with pytest.raises(
        UserError, match=rf"^cannot install {GUNICORN} and {PROMETHEUS_CLIENT}, the server of every bundle"
    ) as caught:
        _install_all(root, "requirements", "requirements.txt")

    assert caught.value.hint.startswith("Make it available on the project's index or the installer's default one.")
    for wheel in tmp_path.glob("*.whl"):
        wheel.rename(root / "vendor" / wheel.name)
    assert installed_versions(_install_all(root, "requirements", "requirements.txt").server)


@pytest.mark.parametrize(("name", "least", "fixed"), RUN_WING_NEEDS)
def test_the_fixed_version_is_one_that_would_do(name: str, least: str, fixed: str) -> None:
    assert Version(fixed) >= Version(least), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("commands", "mode", "shared"), [((), "clone", True), (("true",), "clone", False), ((), "copy", False)]
)
def test_uv_shares_files_with_its_cache_where_no_build_command_may_write_to_them(
    root: Path, monkeypatch: pytest.MonkeyPatch, commands: tuple[str, ...], mode: str, shared: bool
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(root.with_name("cache")))
    monkeypatch.setenv("UV_LINK_MODE", mode)
    write_tree(root, {"requirements.txt": "sqlparse==0.5.3\n"})

    site_packages = _install(root, "requirements", "requirements.txt", replace(NO_OPTIONS, build_commands=commands))

    assert (site_packages / "sqlparse" / "sql.py").stat().st_nlink == 1 + shared


def test_the_python_that_runs_this_is_the_default() -> None:
    found = find_python("")

    assert found.executable == Path(sys.executable)
    assert found.version == "{}.{}".format(*sys.version_info)
    assert found.cache_tag == sys.implementation.cache_tag


def test_a_python_given_as_a_relative_path_is_found_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    monkeypatch.chdir(tmp_path)

    assert find_python("venv/bin/python").executable == tmp_path / "venv" / "bin" / "python"


def test_a_python_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UserError, match=r"(?m)^--python python0.9: found no such command$"):
        find_python("python0.9")


def test_a_program_that_is_no_python_is_an_error() -> None:
    with pytest.raises(UserError, match=r"(?m)^--python echo: wanted a Python, found /.*/echo, which is not one$"):
        find_python("echo")


def test_a_python_that_is_too_old_is_an_error(tmp_path: Path) -> None:
    old = write_program(tmp_path, "python3.10")
    old.write_text("#!/bin/sh\necho 3.10 cpython-310\n")

    with pytest.raises(UserError, match=r"wanted Python 3.11 or newer, found 3.10") as caught:
        find_python(str(old))

    assert "--python" in caught.value.hint
