"""The command line beside the commands: versions, misspelt words, terminals, and readers that go."""

from __future__ import annotations

import signal
import subprocess

import pytest

from django_pyz_runtime.commands.pyz import pyz_parser
from django_pyz_runtime.shell.commands import of_parser
from tests.e2e.harness import Machine


def test_every_command_of_ours_prints_the_version(machine: Machine) -> None:
    expected = machine.succeed("--version")
    for words in ("runserve", "pyz", "pyz status", "pyz config", "pyz config init", "pyz completion"):
        assert machine.succeed(*words.split(), "--version") == expected
    assert machine.succeed("pyz", "exec", "python", "--version").startswith("Python ")


def test_help_lists_our_commands(machine: Machine) -> None:
    assert "\n[django-pyz]\n    pyz\n    runserve\n" in machine.succeed("help")
    assert {"migrate", "pyz", "runserve"} <= set(machine.succeed("help", "--commands").split())
    said = machine.succeed("pyz", "--help")
    assert [verb.name for verb in of_parser("pyz", pyz_parser("")).commands if f"\n    {verb.name} " not in said] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["runserv"], "unknown command: 'runserv'. Did you mean runserve?"),
        (["help", "pzy"], "unknown command: 'pzy'. Did you mean pyz?"),
        (["pyz", "upgrad"], "there is no 'upgrad'. Did you mean upgrade?"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest(machine: Machine, words: list[str], said: str) -> None:
    done = machine.run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "unbuffered"),
    [
        (["pyz", "status"], ""),
        (["help"], ""),
        (["help"], "1"),
        (["pyz", "--help"], ""),
        (["pyz", "completion", "zsh"], ""),
    ],
)
def test_a_reader_that_goes_leads_to_no_traceback(machine: Machine, words: list[str], unbuffered: str) -> None:
    environment = {**machine.environment, "PYTHONUNBUFFERED": unbuffered}
    command = [str(machine.executable), *words]
    with subprocess.Popen(["true"], stdin=subprocess.PIPE) as reader:
        reader.wait()
        done = subprocess.run(
            command, cwd=machine.elsewhere, env=environment, stdout=reader.stdin, stderr=subprocess.PIPE, text=True
        )
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize("words", [["pyz", "--help"], ["pyz", "upgrade", "--help"], ["runserve", "--help"]])
def test_help_fits_a_narrow_terminal(machine: Machine, words: list[str]) -> None:
    lines = machine.succeed(*words, COLUMNS="40").partition("\n\n")[2].splitlines()
    assert [line for line in lines if len(line) > 40 and not line.strip().startswith("-")] == []


def test_no_color_holds_for_django_too(machine: Machine) -> None:
    code = "from unittest import mock\nimport django.core.management.color as c\nc.supports_color = lambda: True\n"
    code += "print(repr(c.color_style().ERROR('x')))"
    command = ("shell", "-v", "0", "-c", code)
    assert "\\x1b" in machine.succeed(*command)
    assert machine.succeed(*command, NO_COLOR="1") == "'x'\n"
