"""An installation below a folder of its own, which needs no root; its server runs from there."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.bundle.container import read_container
from tests import programs
from tests.e2e.harness import Server
from tests.e2e.release.tea_shop import machine_with
from tests.waiting import DEADLINE_SECONDS


class Installation:
    """The installation.

    Args:
        folder: for it.
        release: the file that is installed, and that migrates.
        cache: folder for unpacked trees.
        settings: lines of [settings].
        more: lines of [serve].
        text: of all of settings.ini, instead.
    """

    def __init__(
        self, folder: Path, release: Path, cache: Path, settings: str = "", more: str = "", text: str = ""
    ) -> None:
        self.root = folder / "root"
        self.machine = machine_with(folder / "site", release, cache, settings, more)
        if text:
            self.machine.configure(text)
        self.succeed(release, "install")
        self.program = self.root / "usr/bin/shop"
        self.machine.executable = self.program
        self.machine.succeed("migrate", "--verbosity", "0")
        self.releases = self.root / "usr/lib/shop/releases"
        self.journal = self.root / "var/lib/shop/upgrade.json"

    def run(self, file: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a verb of a file on this installation."""
        return subprocess.run(
            self.command(file, *arguments),
            env={**self.machine.environment, **environment},
            cwd=self.machine.elsewhere,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
        )

    def command(self, file: Path, *arguments: str) -> list[str]:
        """The command line of a verb."""
        return [str(file), "pyz", *arguments, "--root", str(self.root)]

    def succeed(self, file: Path, *arguments: str) -> str:
        """The same for one that must end well, and what it says."""
        done = self.run(file, *arguments)
        assert (done.returncode, done.stderr) == (0, ""), f"{done.stdout}\n{done.stderr}"
        return done.stdout

    @contextlib.contextmanager
    def started(self, file: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
        """The same for one that goes on by itself; it has ended at the end of the block."""
        everything = {**self.machine.environment, **environment}
        with subprocess.Popen(
            self.command(file, *arguments),
            env=everything,
            cwd=self.machine.elsewhere,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    @property
    def step(self) -> str:
        """The step that is written down; "" where nothing is under way."""
        return json.loads(self.journal.read_text())["step"] if self.journal.exists() else ""

    def refusal(self, file: Path, *arguments: str, **environment: str) -> str:
        """What one says that fails."""
        done = self.run(file, *arguments, **environment)
        assert done.returncode == 2, f"{done.stdout}\n{done.stderr}"
        return done.stderr

    def follow(self, pattern: str, told: str) -> str:
        """Run the command that a message names, literally, and return what it says.

        Args:
            pattern: with a group for the command.
            told: the message.
        """
        command = re.search(pattern, told)
        assert command, told
        words = shlex.split(command[1])
        done = subprocess.run(words, env=self.machine.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{told}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def in_force(self) -> str:
        """The build id of the executable in force."""
        return build_of(self.program)

    def kept(self) -> set[str]:
        """The build ids of the kept executables."""
        return {path.parent.name for path in self.releases.glob("*/shop")}


def build_of(file: Path) -> str:
    """The build id of a file."""
    return read_container(str(file)).build_id


_RENAMES = "rename,renameat,renameat2"


def killing(moment: int, *more: str) -> list[str]:
    """The beginning of a command line that has a process killed when it is about to put a file in its place.

    Args:
        moment: before which time, from 1 on; every step is written down in that way before it is taken.
        more: options of strace.
    """
    strace = shutil.which("strace", path=programs.SEARCH) or ""
    calls = ["-e", f"trace={_RENAMES}", "-e", f"inject={_RENAMES}:signal=SIGKILL:when={moment}"]
    return [strace, "-qq", "-o", "/dev/null", *more, *calls]


def answer(server: Server) -> str:
    """Which release answers."""
    return server.get("/").text.partition(" ")[0]
