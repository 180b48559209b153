"""README.md is true: its commands are run, in order, on the root of a machine, and print what it shows."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.e2e.corpus.cases import read_corpus
from tests.e2e.corpus.try_out import HEADER
from tests.e2e.harness import Machine, path_without_uv
from tests.waiting import wait_until
from tests.write_etc import with_options_tables

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
TEST_COMMAND = "python3 -m tests"
WRITTEN_TO = ("/usr/bin", "/etc", "/var", "/srv")
PORT = ("127.0.0.1", 8000)
SERVING = "curl --silent --fail --retry 600 --retry-delay 1 --retry-all-errors http://127.0.0.1:8000/-/ready"


@dataclass(frozen=True)
class Command:
    """A command in the README and the lines that it shows as its output."""

    line: str
    shown: list[str]

    @property
    def serves(self) -> bool:
        """Whether it goes on until it is stopped."""
        return "runserve" in self.line or "--run" in self.line


def commands() -> list[Command]:
    """The commands of the console blocks; tests/e2e/release/test_day.py runs those that want a systemd."""
    found: list[Command] = []
    for block in re.findall(r"^```console\n(\$ .*?)^```", README, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Command(line[2:], []))
            else:
                found[-1].shown.append(line)
    return found


def script(all_commands: list[Command], scratch: Path) -> str:
    """A shell script that runs the commands on overlays of the folders that they write to."""
    lines = ["set -u", f"mount -t tmpfs tmpfs {scratch}"]
    for folder in WRITTEN_TO:
        upper, work = scratch / folder[1:] / "upper", scratch / folder[1:] / "work"
        lines.append(f"mkdir -p {upper} {work}")
        lines.append(f"mount -t overlay overlay -o lowerdir={folder},upperdir={upper},workdir={work} {folder}")
    for number, command in enumerate(all_commands):
        lines.append(f"echo '@@@ {number}'")
        if command.serves:
            lines += [f"setsid bash -c {shlex.quote('exec ' + command.line)} 2>&1 & server=$!", SERVING]
            lines += ["kill -TERM $server", "wait $server", "echo stopped with $?"]
        else:
            lines.append(f"( {command.line} ) 2>&1")
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def its_port_alone() -> Iterator[None]:
    """Have the port of these commands for oneself: nobody listens on it, nor do others who test it here."""
    with (Path(tempfile.gettempdir()) / "django-pyz-tests-port.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with socket.socket() as client:
            wait_until(lambda: client.connect_ex(PORT) == errno.ECONNREFUSED, f"{PORT} to be free")
        yield


def comparable(line: str) -> str:
    """A line with every number made the same: times, sizes and process ids differ."""
    return re.sub(r"\d[\d.,]*", "0", line.rstrip())


@pytest.mark.needs("root", "unshare", "curl")
def test_every_command_prints_what_the_readme_shows(checkout: Path, tmp_path: Path) -> None:
    # A link to a virtual environment's Python would lose its packages.
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (tmp_path / "scratch").mkdir()
    environment = {"PATH": f"{python.parent}:{path_without_uv()}", "HOME": str(tmp_path)}
    all_commands = [command for command in commands() if command.line != TEST_COMMAND]
    # What goes on ends with the first process of its namespace, which ends with unshare.
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    with its_port_alone():
        done = subprocess.run(
            [*unshare, *([] if os.geteuid() == 0 else ["--map-root-user"]), "bash", "-s"],
            input=script(all_commands, tmp_path / "scratch"),
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
        )
    parts = re.split(r"^@@@ \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    assert len(parts) == len(all_commands), done.stderr
    for command, output in zip(all_commands, parts, strict=True):
        printed = [comparable(line) for line in output.splitlines()]
        missing = [line for line in command.shown if comparable(line) not in printed]
        assert missing == [], f"{command.line}\n{output}\n{done.stderr}"
        assert not command.serves or "stopped with 0" in output, f"{command.line}\n{output}"


def test_the_continuous_integration_runs_the_readme_s_test_command() -> None:
    assert TEST_COMMAND in [command.line for command in commands()]
    assert (CHECKOUT / ".ci/run").read_text().splitlines()[-1] == TEST_COMMAND


def test_the_settings_it_shows_are_accepted(machine: Machine) -> None:
    [shown] = re.findall(r"^```ini\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    machine.configure(shown)
    assert "no problems found" in machine.succeed("pyz", "config", "check")


def test_its_table_of_options_is_up_to_date() -> None:
    assert with_options_tables(README) == README, "run: python -m tests.write_etc"


def test_its_table_of_projects_has_them_all_and_no_failure() -> None:
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\|.*\|$", README, re.MULTILINE)
    ]
    head = next(index for index, row in enumerate(rows) if row == list(HEADER))
    table = rows[head + 2 : head + 2 + len(read_corpus())]
    assert [row[0] for row in table] == list(read_corpus())
    assert {verdict for row in table for verdict in row[4:]} == {"ok", "-"}


def test_the_links_to_files_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (CHECKOUT / link).exists()] == []
