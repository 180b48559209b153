"""No variable of the environment changes what code runs, in a bundle and in the Pythons that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.harness import Machine

PLANTED = "raise SystemExit('planted code was run')\n"
MODULES = ("django", "json", "crashstats", "sitecustomize", "usercustomize", "argparse", "fcntl")
CODE = "import django, json, crashstats, sys; print(django.__file__, json.__file__, crashstats.__file__)"


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A folder with modules that end every process which imports them, and a site-packages with the same."""
    folder = tmp_path / "planted"
    version = "python{}.{}".format(*sys.version_info)
    for place in (folder, folder / "lib" / version / "site-packages", folder / "lib" / version):
        place.mkdir(parents=True, exist_ok=True)
        for name in MODULES:
            (place / f"{name}.py").write_text(PLANTED)
    (folder / "lib" / version / "site-packages" / "planted.pth").write_text(f"import sys; {PLANTED}")
    return folder


def variables(planted: Path) -> dict[str, dict[str, str]]:
    """What might bring code in, each alone."""
    path = str(planted)
    shiv = {"SHIV_ROOT": path, "SHIV_ENTRY_POINT": "os:getcwd", "SHIV_MODULE": "planted", "SHIV_CONSOLE_SCRIPT": "x"}
    return {
        "PYTHONPATH": {"PYTHONPATH": path},
        "PYTHONHOME": {"PYTHONHOME": path},
        "PYTHONSTARTUP": {"PYTHONSTARTUP": f"{path}/json.py"},
        "PYTHONINSPECT": {"PYTHONINSPECT": "1"},
        "PYTHONUSERBASE": {"PYTHONUSERBASE": path},
        "PYTHONPLATLIBDIR": {"PYTHONPLATLIBDIR": "planted"},
        "PYTHONPYCACHEPREFIX": {"PYTHONPYCACHEPREFIX": path},
        "PYTHONWARNINGS": {"PYTHONWARNINGS": "ignore::this.Category,ignore::json.Category:x.y:1"},
        "PYTHON_PRESITE": {"PYTHON_PRESITE": "this"},
        "SHIV": {**shiv, "SHIV_EXTEND_PYTHONPATH": "1", "SHIV_PREPEND_PYTHONPATH": path, "SHIV_FORCE_EXTRACT": "1"},
    }


NAMES = tuple(variables(Path()))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "command", [("shell", "-v", "0", "-c"), ("pyz", "exec", "python", "-c")], ids=["file", "child"]
)
def test_a_variable_brings_no_code_in(machine: Machine, planted: Path, name: str, command: tuple[str, ...]) -> None:
    expected = machine.run(*command, CODE)
    found = machine.run(*command, CODE, **variables(planted)[name])
    assert (expected.returncode, expected.stderr) == (0, "")
    assert (found.returncode, found.stdout) == (0, expected.stdout)
    ignored = f"project-script: {planted}/sitecustomize.py is not run, as PYTHONPATH does not count: name the module"
    assert found.stderr.startswith(ignored if name == "PYTHONPATH" else "")
    assert found.stderr.count("\n") == (name == "PYTHONPATH")


def test_nor_does_the_site_packages_of_the_users_home(machine: Machine, planted: Path) -> None:
    (machine.home / ".local").symlink_to(planted)
    assert "planted" not in machine.succeed("shell", "-v", "0", "-c", CODE)


@pytest.mark.parametrize("name", ["PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHON_PRESITE", "SHIV"])
def test_nor_where_python_is_given_the_file(machine: Machine, planted: Path, name: str) -> None:
    """PYTHONHOME and PYTHONPATH are Python's before they are ours: what runs first is not for the file to say."""
    command: list[str | Path] = [sys.executable, machine.executable, "shell", "-v", "0", "-c", CODE]
    environment = {**machine.environment, **variables(planted)[name]}
    done = subprocess.run(command, env=environment, cwd=machine.elsewhere, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == machine.succeed("shell", "-v", "0", "-c", CODE)


def test_python_given_the_file_imports_nothing_of_pythonpath_once_the_bundle_runs(
    machine: Machine, planted: Path
) -> None:
    for name in MODULES:
        if name not in ("django", "crashstats"):
            (planted / f"{name}.py").unlink()
    command: list[str | Path] = [sys.executable, machine.executable, "shell", "-v", "0", "-c", CODE]
    environment = {**machine.environment, "PYTHONPATH": str(planted)}
    done = subprocess.run(command, env=environment, cwd=machine.elsewhere, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == machine.succeed("shell", "-v", "0", "-c", CODE)


def test_a_child_process_inherits_none_of_them(machine: Machine, planted: Path) -> None:
    names = [name for name in NAMES if name.startswith("PYTHON")]
    code = f"import os, subprocess; subprocess.run(['env']); print([n for n in {names} if n in os.environ])"
    everything = {key: value for name in names for key, value in variables(planted)[name].items()}
    said = machine.run("shell", "-v", "0", "-c", code, **everything)
    assert said.returncode == 0, said.stderr
    assert [line for line in said.stdout.splitlines() if line.partition("=")[0] in names] == []
    assert said.stdout.splitlines()[-1] == "[]"


def test_nor_does_one_of_python_given_the_file(machine: Machine, planted: Path) -> None:
    names = ["PYTHONPYCACHEPREFIX", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHON_PRESITE"]
    code = f"import os; print([name for name in {names} if name in os.environ])"
    given = {key: value for name in names for key, value in variables(planted)[name].items()}
    command: list[str | Path] = [sys.executable, machine.executable, "shell", "-v", "0", "-c", code]
    done = subprocess.run(command, env={**machine.environment, **given}, capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "[]\n")


def test_warnings_stay_unless_their_category_would_be_imported(machine: Machine) -> None:
    """Where Python is given the file it has imported the module before, but its children do not."""
    kept = ["default", "ignore:a message. with dots", "ignore::UserWarning:shop.views:7", "ignore:*"]
    given = [*kept[:2], "error:a.b: this.Category", *kept[2:], "error::this.Category::"]
    (machine.elsewhere / "ignore:a file that the star would match").touch()
    command: list[str | Path] = [machine.executable, "shell", "-v", "0", "-c"]
    code = "import os; print(os.environ['PYTHONWARNINGS'])"
    environment = {**machine.environment, "PYTHONWARNINGS": ",".join(given)}
    for first in ([], [sys.executable]):
        done = subprocess.run(
            [*first, *command, code], env=environment, cwd=machine.elsewhere, capture_output=True, text=True
        )
        assert done.returncode == 0
        assert done.stdout.splitlines()[-1] == ",".join(kept)


def test_a_folder_of_the_command_brings_no_code_in(machine: Machine, planted: Path) -> None:
    done = subprocess.run(
        [machine.executable, "shell", "-v", "0", "-c", CODE],
        env=machine.environment,
        cwd=planted,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert os.fspath(planted) not in done.stdout
