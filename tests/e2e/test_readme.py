"""README.md and docs/ are true: their commands, run in order on one machine, print what they show."""

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
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.documents import DOCS, README, TYPED, Command, commands
from tests.e2e.harness import Machine, path_without_uv
from tests.e2e.release import own_project
from tests.waiting import wait_until

TEST_COMMAND = "python3 -m tests"
WRITTEN_TO = ("/usr/bin", "/etc", "/var", "/srv")
PORT = ("127.0.0.1", 8000)
SERVING = "curl --silent --fail --retry 600 --retry-delay 1 --retry-all-errors http://127.0.0.1:8000/-/ready"


def typed() -> list[Command]:
    """What is typed on one machine, in order; tests/e2e/release/test_day.py types what wants a systemd."""
    found = [command for document in TYPED for command in commands(document.read_text(encoding="utf-8"))]
    return [command for command in found if not command.needs_systemd and command != own_project.build_command()]


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


@pytest.mark.needs("root", "unshare", "curl")
def test_every_command_prints_what_the_documents_show(checkout: Path, tmp_path: Path) -> None:
    # A link to a virtual environment's Python would lose its packages.
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (tmp_path / "scratch").mkdir()
    environment = {"PATH": f"{python.parent}:{path_without_uv()}", "HOME": str(tmp_path)}
    all_commands = [command for command in typed() if command.line != TEST_COMMAND]
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
        assert command.missing_from(output) == [], f"{command.line}\n{output}\n{done.stderr}"
        assert not command.serves or "stopped with 0" in output, f"{command.line}\n{output}"


def test_the_continuous_integration_runs_the_readme_s_test_command() -> None:
    assert TEST_COMMAND in [command.line for command in commands(README.read_text(encoding="utf-8"))]
    assert (CHECKOUT / ".ci/run").read_text().splitlines()[-1] == TEST_COMMAND


def test_the_settings_that_the_reference_shows_are_accepted(machine: Machine) -> None:
    page = (DOCS / "reference" / "settings-ini.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"^```ini\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    machine.configure(shown)
    assert "no problems found" in machine.succeed("pyz", "config", "check")
