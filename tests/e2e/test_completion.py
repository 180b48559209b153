"""Completion of a bundle's command lines by the shells themselves, and its man pages."""

from __future__ import annotations

import json
import re
import resource
import subprocess
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.e2e.harness import Machine
from tests.e2e.terminal import completed_by_zsh

SECONDS = 0.15
"""How long one TAB may take."""
SETTINGS_OPTIONS = "serve.body_timeout= serve.body_limit= serve.body_total="
CASES = {
    "mig": ["migrate"],
    "import_cr": ["import_crashes"],
    "runserv": ["runserve", "runserver"],
    "pyz up": ["upgrade"],
    "pyz config ": ["init", "check", "show", "discover", "explain"],
    "--config x pyz upg": ["upgrade"],
    "migrate --fake": ["--fake", "--fake-initial"],
    "migrate --database ": ["default"],
    "migrate ": ["admin", "auth", "contenttypes", "sessions", "messages", "staticfiles", "compressor", "crashstats"],
    "import_crashes --skip-b": ["--skip-bad"],
    "runserve --b": ["--bind"],
    "pyz status --js": ["--json"],
    "--set serve.bo": SETTINGS_OPTIONS.split(),
    "help runserv": ["runserve", "runserver"],
}
"""What is typed behind the command, to what is offered; the last word is what TAB is pressed behind."""


@pytest.fixture
def script(machine: Machine, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The script for the shell that the test names."""
    path = tmp_path / "script"
    path.write_text(machine.succeed("pyz", "completion", request.param))
    return path


def _bash(script: Path, *lines: str) -> list[list[str]]:
    """What bash offers for each command line."""
    program = (
        '. "$1"; shift; for line; do mapfile -t COMP_WORDS < <(tr "|" "\\n" <<< "project-script|$line"); '
        'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _project_script; echo "${COMPREPLY[*]}"; done'
    )
    command = ["bash", "-c", program, "bash", str(script), *lines]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    return [line.split() for line in done.stdout.splitlines()]


@pytest.mark.parametrize("script", ["bash"], indirect=True)
def test_bash_completes_commands_and_options(script: Path) -> None:
    found = _bash(script, *(line.replace(" ", "|") for line in CASES))
    assert dict(zip(CASES, found, strict=True)) == CASES
    # What bash makes of --database=d.
    assert _bash(script, "migrate|--database|=|d", "migrate|--database|=") == [["default"], ["default"]]
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    _bash(script, *["migrate|--database|d"] * 20)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime) / 20 < SECONDS


@pytest.mark.needs("fish")
@pytest.mark.parametrize("script", ["fish"], indirect=True)
def test_fish_completes_commands_and_options(script: Path, machine: Machine) -> None:
    program = "source $argv[1]; for line in $argv[2..]; echo (complete -C $line | string replace -r '\\t.*' ''); end"
    lines = [f"project-script {line}" for line in CASES]
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["fish", "--no-config", "-c", program, str(script), *lines, "project-script migrate --database=d"]
    done = subprocess.run(command, env=machine.environment, check=True, capture_output=True, text=True)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    *found, last = [line.split() for line in done.stdout.splitlines()]
    assert {line: sorted(words) for line, words in zip(CASES, found, strict=True)} == {
        line: sorted(words) for line, words in CASES.items()
    }
    assert (last, done.stderr) == (["--database=default"], "")
    assert (end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime) / len(lines) < SECONDS


@pytest.mark.needs("zsh")
@pytest.mark.parametrize("script", ["zsh"], indirect=True)
def test_zsh_completes_commands_and_options(script: Path, machine: Machine) -> None:
    (machine.elsewhere / "data.json").touch()
    expected = {
        "mig": "migrate",
        "pyz upg": "pyz upgrade",
        "migrate --data": "migrate --database",
        "migrate --database d": "migrate --database default",
        "migrate --database=d": "migrate --database=default",
        "--set serve.bin": "--set serve.bind=",
        "loaddata da": "loaddata data.json",
    }
    found = completed_by_zsh(machine.elsewhere, script, "project-script", expected)
    assert dict(zip(expected, found, strict=True)) == expected


def test_the_commands_of_the_page_put_the_scripts_where_shells_look(machine: Machine) -> None:
    page = (CHECKOUT / "docs/how-to/completion.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    commands = block.replace("$ ", "").replace("shop", machine.executable.name)
    path = f"{machine.executable.parent}:{machine.environment['PATH']}"
    subprocess.run(["bash", "-e"], input=commands, env={**machine.environment, "PATH": path}, text=True, check=True)
    for place, shell in {
        ".local/share/bash-completion/completions/project-script": "bash",
        ".zfunc/_project-script": "zsh",
        ".config/fish/completions/project-script.fish": "fish",
    }.items():
        assert (machine.home / place).read_text() == machine.succeed("pyz", "completion", shell)


@pytest.mark.needs("mandoc", "groff")
def test_the_man_pages_are_those_of_this_bundle(machine: Machine, tmp_path: Path) -> None:
    files = {Path(file["path"]).name: file["text"] for file in json.loads(machine.succeed("pyz", "files", "--json"))}
    shown = {}
    for name in ("project-script.1", "project-script.settings.5"):
        (tmp_path / name).write_text(files[name])
        lint = subprocess.run(["mandoc", "-Tlint", tmp_path / name], capture_output=True, text=True)
        # Without SOURCE_DATE_EPOCH a file knows no day.
        assert [line for line in lint.stdout.splitlines() if "missing date" not in line] == []
        command = ["groff", "-ww", "-man", "-Tutf8", "-P-cbou", str(tmp_path / name)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert done.stderr == ""
        shown[name] = " ".join(done.stdout.split())
    first, fifth = shown.values()
    assert "project-script - the Django site project in one file" in first
    for text in ("pyz upgrade", "--no-backup", "runserve", "--bind ADDRESS", "import_crashes", "/etc/project/settings"):
        assert text in first
    for text in ("[serve]", "bind = 127.0.0.1:8000", "PROJECT__SECTION__KEY"):
        assert text in fifth


def test_a_bundle_whose_apps_could_not_be_loaded_completes_our_commands(shop: Machine) -> None:
    said = shop.succeed("pyz", "completion", "bash")
    assert "/pyz/upgrade" in said
    assert "migrate'" not in said
