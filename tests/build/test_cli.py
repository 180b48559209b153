"""The command line of the build wing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from django_pyz import cli
from django_pyz.options import Options
from tests.build.trees import SMALL_PROJECT, read_tree, write_tree

SOURCE = Path(cli.__file__).resolve().parent.parent


def _run(folder: Path, *arguments: str, program: tuple[str, ...] = ("-m", "django_pyz")) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the program, started in a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO")}
    environment |= {"PYTHONPATH": str(SOURCE), "PYTHONWARNINGS": "error", "PYTHONSAFEPATH": "1"}
    command = [sys.executable, *program, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def _message(standard_error: str) -> str:
    """What is said besides the progress."""
    return "".join(line for line in standard_error.splitlines(keepends=True) if not line.endswith(" ...\n"))


NO_DEPENDENCY = {**SMALL_PROJECT, "requirements.txt": "--no-index\nno-such-package\n"}


@pytest.mark.parametrize(
    ("files", "arguments", "message"),
    [
        (
            {},
            [],
            "django-pyz: {root}: wanted a Django project, found no manage.py here or up to two folders below, no "
            "console script that names settings, and no module that looks like settings\n"
            "Name its folder, or give --settings-module.\n",
        ),
        (
            {},
            ["no-such"],
            "django-pyz: {root}/no-such: wanted a folder with a Django project, found no folder\n",
        ),
        (
            {**SMALL_PROJECT, "pyproject.toml": "[tool.django-pyz]\nnam = 1\n"},
            [],
            "django-pyz: pyproject.toml: [tool.django-pyz] has no 'nam'\n"
            f"Known are {', '.join(item.name.replace('_', '-') for item in fields(Options))}.\n",
        ),
        (
            SMALL_PROJECT,
            ["--python", "python0.9"],
            "django-pyz: --python python0.9: found no such command\n"
            "Give a path, a command on PATH or a version, as 3.12.\n",
        ),
        (
            SMALL_PROJECT,
            ["--settings-module", "other"],
            "django-pyz: the settings module 'other': found no such file in {root}\nGive --settings-module.\n",
        ),
        (
            SMALL_PROJECT,
            ["--output", "."],
            "django-pyz: {root}: cannot be written (is a directory)\nGive another file with --output.\n",
        ),
        (
            SMALL_PROJECT,
            ["--output", "manage.py/shop"],
            "django-pyz: {root}/manage.py/shop: cannot be written (not a directory)\n"
            "Give another file with --output.\n",
        ),
    ],
)
def test_a_mistake_is_one_message_and_leaves_nothing_behind(
    tmp_path: Path, files: Mapping[str, str], arguments: list[str], message: str
) -> None:
    root = write_tree(tmp_path, files)
    before = read_tree(root)

    code, out, err = _run(root, "build", *arguments)

    assert (code, out, _message(err)) == (2, "", message.format(root=root))
    assert read_tree(root) == before


def test_what_the_installer_says_is_shown(tmp_path: Path) -> None:
    root = write_tree(tmp_path, NO_DEPENDENCY)

    code, out, err = _run(root, "build", "--output", "dist/shop.pyz")

    assert (code, out) == (2, "")
    assert _message(err).startswith(f"django-pyz: cannot install the dependencies of {root.name}: ")
    assert "no-such-package" in _message(err)
    assert "Traceback" not in err
    assert not list(root.glob("dist/*"))


def test_progress_goes_to_standard_error_line_by_line(tmp_path: Path) -> None:
    _, _, err = _run(write_tree(tmp_path, NO_DEPENDENCY), "build")

    assert err.splitlines()[:2] == ["Looking at the project ...", "Installing the dependencies ..."]


@pytest.mark.parametrize("arguments", [[], ["bild"], ["build", "--nam=shop"], ["build", "a", "b"], ["--verbose"]])
def test_a_wrong_command_line_shows_the_usage(tmp_path: Path, arguments: list[str]) -> None:
    code, out, err = _run(tmp_path, *arguments)

    assert (code, out) == (2, "")
    assert err.startswith("usage: django-pyz")
    assert read_tree(tmp_path) == {}


def test_help_names_every_option(tmp_path: Path) -> None:
    code, out, err = _run(tmp_path, "build", "--help")

    assert (code, err) == (0, "")
    assert out.startswith("usage: django-pyz build ")
    for item in fields(Options):
        assert re.search(rf"--(no-)?{item.name.replace('_', '-')}\b", out), item.name
    assert {"-o FILE", "--run", "PROJECT"} <= set(re.findall(r"-o FILE|--run|PROJECT", out))


def test_build_pyz_has_the_same_options_without_a_command(tmp_path: Path) -> None:
    _, usage, _ = _run(tmp_path, "build", "--help")
    code, out, err = _run(tmp_path, "--help", program=(str(SOURCE.parent / "build_pyz.py"),))

    assert (code, err) == (0, "")
    assert out.startswith("usage: build_pyz.py ")
    assert out.partition("options:")[2] == usage.partition("options:")[2]


def test_an_error_of_ours_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "build", fail)

    with pytest.raises(ZeroDivisionError):
        cli.main(["build", str(tmp_path)])


def test_ctrl_c_is_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "build", interrupt)

    assert cli.main(["build", str(tmp_path)]) == 130
    assert capsys.readouterr() == ("", "")
