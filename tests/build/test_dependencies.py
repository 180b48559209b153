"""What gets installed, and with what."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from django_pyz import dependencies, project
from django_pyz.errors import BuildError
from django_pyz.options import Options
from tests.build.trees import SMALL_PROJECT, write_tree


def _mentioned(root: Path, requirements: str, files: Mapping[str, str] | None = None) -> set[str]:
    write_tree(root, {**SMALL_PROJECT, "requirements.txt": requirements, **(files or {})})
    return set(dependencies.mentioned_packages(project.find(root, Options(), {})))


@pytest.mark.parametrize(
    "line",
    [
        "gunicorn",
        "Gunicorn==20.1",
        "  gunicorn >= 20, < 24  ",
        "gunicorn[gevent]==23.0",
        "gunicorn==23.0 ; python_version >= '3.8'",
        "gunicorn==23.0 # the server",
        "gunicorn==23.0 --hash=sha256:0123",
        "gunicorn==23.0 \\\n    --hash=sha256:0123 \\\n    --hash=sha256:4567",
        "gunicorn @ https://example.org/gunicorn-23.0-py3-none-any.whl",
    ],
)
def test_a_requirement_names_its_package(tmp_path: Path, line: str) -> None:
    assert _mentioned(tmp_path, f"{line}\n") == {"gunicorn"}


@pytest.mark.parametrize(
    "line",
    ["", "# gunicorn", "--index-url https://example.org/gunicorn", "-e ./gunicorn", "https://example.org/x.whl", "==3"],
)
def test_other_lines_name_none(tmp_path: Path, line: str) -> None:
    assert _mentioned(tmp_path, f"{line}\nDjango\n") == {"django"}


def test_names_are_normalised(tmp_path: Path) -> None:
    assert _mentioned(tmp_path, "Django_Compressor\nzope.interface\n") == {"django-compressor", "zope-interface"}


@pytest.mark.parametrize(
    "line",
    [
        "-r more/base.txt",
        "-rmore/base.txt",
        "  -r\tmore/base.txt",
        "--requirement more/base.txt",
        "--requirement=more/base.txt",
        "-c more/base.txt",
        "--constraint more/base.txt",
    ],
)
def test_included_files_are_read_relative_to_the_one_that_names_them(tmp_path: Path, line: str) -> None:
    files = {"more/base.txt": "-r deeper.txt\nWhiteNoise\n", "more/deeper.txt": "gunicorn\n"}

    assert _mentioned(tmp_path, f"{line}\n", files) == {"whitenoise", "gunicorn"}


def test_files_that_include_each_other_are_read_once(tmp_path: Path) -> None:
    assert _mentioned(tmp_path, "-r a.txt\n", {"a.txt": "-r requirements.txt\nDjango\n"}) == {"django"}


def test_dependencies_in_pyproject_count_too(tmp_path: Path) -> None:
    write_tree(tmp_path, {**SMALL_PROJECT, "pyproject.toml": "[project]\ndependencies = ['gunicorn>=20']\n"})
    (tmp_path / "requirements.txt").unlink()

    assert dependencies.mentioned_packages(project.find(tmp_path, Options(), {})) == {"gunicorn"}


def test_the_run_wing_takes_fixed_versions() -> None:
    for text in dependencies.run_wing_requirements(frozenset(), exact=True):
        (specifier,) = Requirement(text).specifier
        assert specifier.operator == "=="


def test_the_project_decides_on_what_it_speaks_of() -> None:
    first, *rest = dependencies.run_wing_requirements(frozenset({"gunicorn", "django"}), exact=True)

    assert first == "gunicorn>=20.1"
    assert all("==" in text for text in rest)


def test_nothing_is_fixed_where_the_fixed_versions_do_not_fit() -> None:
    assert all(">=" in text for text in dependencies.run_wing_requirements(frozenset(), exact=False))


@pytest.mark.parametrize(("name", "least", "fixed"), dependencies.RUN_WING_NEEDS)
def test_the_fixed_version_is_one_that_would_do(name: str, least: str, fixed: str) -> None:
    assert Version(fixed) >= Version(least), name


def _fake_command(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_uv_installs_where_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    uv = _fake_command(tmp_path, "uv")

    command = dependencies.installer(Path("/venv/bin/python"))

    assert command[:3] == [str(uv), "pip", "install"]
    assert command[-2:] == ["--python", Path("/venv/bin/python")]


def test_pip_installs_where_there_is_no_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    write_tree(tmp_path, {"pip.py": "raise SystemExit('a module of the project was imported')"})
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", "venv"], check=True)

    command = dependencies.installer(tmp_path / "venv" / "bin" / "python")

    done = subprocess.run([*command, "--help"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "pip install" in done.stdout


def test_the_python_that_runs_this_is_the_default() -> None:
    found = dependencies.find_python("")

    assert found.executable == Path(sys.executable)
    assert found.version == "{}.{}".format(*sys.version_info)
    assert found.cache_tag == sys.implementation.cache_tag


def test_a_python_given_as_a_relative_path_is_found_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    monkeypatch.chdir(tmp_path)

    assert dependencies.find_python("venv/bin/python").executable == tmp_path / "venv" / "bin" / "python"


def test_a_python_that_is_not_there_is_an_error() -> None:
    with pytest.raises(BuildError, match=r"^--python python0.9: found no such command$"):
        dependencies.find_python("python0.9")


def test_a_program_that_is_no_python_is_an_error() -> None:
    with pytest.raises(BuildError, match=r"^--python echo: wanted a Python, found /.*/echo, which is none$"):
        dependencies.find_python("echo")


def test_a_python_that_is_too_old_is_an_error(tmp_path: Path) -> None:
    old = _fake_command(tmp_path, "python3.10")
    old.write_text("#!/bin/sh\necho 3.10 cpython-310\n")

    with pytest.raises(BuildError, match=r"wanted Python 3.11 or newer, found 3.10") as caught:
        dependencies.find_python(str(old))

    assert "--python" in caught.value.hint
