"""A booted Debian machine with the servers that the pages use, and commands typed on it and outside."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.documents import Command
from tests.e2e.docs.pages import MACHINE, Block, Page, missing_lines, with_lines
from tests.e2e.systemd import booted_roots
from tests.e2e.systemd.booted import Booted, booted

_PACKAGES = (
    *("apache2", "ca-certificates", "curl", "libmariadb3", "mariadb-server", "nginx", "openssl", "postgresql"),
    *("procps", "python3-venv", "redis-server"),
)
_SERVICES = {
    **{name: name for name in ("apache2", "nginx", "postgresql", "redis-server")},
    "mariadb-server": "mariadb",
}
"""By package; Debian starts them when they are installed."""
_RELOAD_SECONDS = 60
_SETTINGS = "/etc/shop/settings.ini"


def root_with_servers(suite: str) -> Path:
    """The folder that holds a Debian release with these packages; made once for this machine, as the others are."""
    idle = f'--customize-hook=chroot "$1" systemctl disable {" ".join(_SERVICES.values())}'
    return booted_roots.root_file_system(suite, f"--include={','.join(_PACKAGES)}", idle)


class DocsMachine:
    """The server of a page, and the computer beside it.

    Args:
        machine: the server, booted.
        outside: a folder on the computer.
    """

    def __init__(self, machine: Booted, outside: Path) -> None:
        self.machine = machine
        self.outside = outside

    def follow(self, page: Page) -> None:
        """Write the files of a page and type its commands, in their order."""
        for block in page.blocks():
            if block.title:
                self._write(block)
            elif block.where == MACHINE:
                for command in block.commands:
                    self._type(command, block.codes)

    def _write(self, block: Block) -> None:
        if not block.title.startswith("/"):
            path = self.outside / block.title
            if path.parent.is_dir():
                path.write_text(block.text)
            return
        path = self.machine.path(block.title)
        if block.title == _SETTINGS:
            path.write_text(with_lines(path.read_text(), block.text))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)

    def _type(self, command: Command, codes: Collection[int]) -> None:
        done = self._run(command)
        if command.line.startswith("curl "):
            # After a reload, the workers that a web server had before answer for a moment.
            deadline = time.monotonic() + _RELOAD_SECONDS
            while not _is_as_shown(command, done, codes) and time.monotonic() < deadline:
                done = self._run(command)
        assert _is_as_shown(command, done, codes), f"{command.line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        self._start_installed(command.line)
        self.bring()

    def _run(self, command: Command) -> subprocess.CompletedProcess[str]:
        if command.needs_systemd:
            return self.machine.run("env", "HOME=/root", "sh", "-c", f"cd /root\n{command.line}")
        return self._outside(command.line)

    def _start_installed(self, line: str) -> None:
        if line.startswith("apt-get install"):
            for package in line.split():
                if service := _SERVICES.get(package):
                    self.machine.succeed("systemctl", "start", service)

    def bring(self) -> None:
        """Copy the files that were built to the server."""
        for bundle in self.outside.glob("*.pyz"):
            shutil.copy(bundle, self.machine.path(f"/root/{bundle.name}"))

    def install(self) -> None:
        """Install shop.pyz, as the tutorial does."""
        host = "--set=settings.ALLOWED_HOSTS=shop.example.org"
        self.machine.succeed("/root/shop.pyz", "pyz", "install", "--system", host)

    def _outside(self, line: str) -> subprocess.CompletedProcess[str]:
        folder = self.outside / "bin"
        folder.mkdir(exist_ok=True)
        python = folder / "python3"
        python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        python.chmod(0o755)
        path = os.pathsep.join([str(folder), os.environ["PATH"]])
        environment = {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "DJANGO"))}
        return subprocess.run(
            ["sh", "-c", line], cwd=self.outside, env={**environment, "PATH": path}, capture_output=True, text=True
        )


def _is_as_shown(command: Command, done: subprocess.CompletedProcess[str], codes: Collection[int]) -> bool:
    return done.returncode in codes and not missing_lines(command.shown, f"{done.stdout}\n{done.stderr}")


@contextmanager
def docs_machine(outside: Path) -> Iterator[DocsMachine]:
    """The machine, until the end of the block; no server runs on it that a page does not install."""
    with booted(root_with_servers(booted_roots.suite_of_this_python())) as machine:
        yield DocsMachine(machine, outside)
