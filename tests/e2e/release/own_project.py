"""A reader's own project, taken from its folder to a served site and its next release by the README's commands."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.documents import README, Command, commands
from tests.e2e.release.conftest import NEWER_PAGE
from tests.e2e.systemd.booted import Booted, booted
from tests.e2e.systemd.booted_roots import root_file_system, suite_of_this_python

NAME = "shop"
HOST = "shop.example.org"
PAGES = ("/admin/login/", "/newer/")
"""Two of its pages; the second is new in the next release."""


@dataclass(frozen=True)
class Way:
    """What was seen on the way.

    Attributes:
        said: the README's three commands, in order, each with what it printed.
        pages_of_first: the statuses of PAGES that the first release answers with.
        pages_of_second: those of the next one.
    """

    said: tuple[tuple[Command, str], ...]
    pages_of_first: tuple[int, ...]
    pages_of_second: tuple[int, ...]


def take_the_way(home: Path, checkout: Path) -> Way:
    """Build the project, install it on a booted machine, and upgrade it there to its next release.

    Args:
        home: an empty folder.
        checkout: the README's.
    """
    project = OwnProject(home, checkout)
    install, upgrade = host_commands()
    first, built = project.build()
    project.write_next_release()
    second, _ = project.build()
    with booted(root_file_system(suite_of_this_python())) as machine:
        installed = run_on_host(machine, first, install)
        before = _statuses(machine)
        upgraded = run_on_host(machine, second, upgrade)
        after = _statuses(machine)
    return Way(((build_command(), built), (install, installed), (upgrade, upgraded)), before, after)


def _statuses(machine: Booted) -> tuple[int, ...]:
    return tuple(machine.status(f"http://127.0.0.1:8000{page}", HOST) for page in PAGES)


def build_command() -> Command:
    """The README's command that builds it."""
    [found] = [command for command in commands(README.read_text(encoding="utf-8")) if f"~/{NAME}" in command.line]
    return found


def host_commands() -> list[Command]:
    """The README's commands on a host: the first installs, the second upgrades."""
    return [command for command in commands(README.read_text(encoding="utf-8")) if command.needs_systemd]


class OwnProject:
    """The project, in a home of its own beside a checkout.

    Args:
        home: an empty folder.
        checkout: the README's.
    """

    def __init__(self, home: Path, checkout: Path) -> None:
        self._checkout = checkout
        self._home = home
        self._folder = home / NAME
        self._folder.mkdir()
        subprocess.run([sys.executable, "-m", "django", "startproject", "mysite", self._folder], check=True)
        (self._folder / "requirements.txt").write_text(f"Django=={importlib.metadata.version('Django')}\n")
        self._programs = home / "bin"
        self._programs.mkdir()
        uv = Path(shutil.which("uv") or "uv").resolve()
        for name in ("uv", "uvx"):
            (self._programs / name).symlink_to(uv.with_name(name))

    def build(self) -> tuple[Path, str]:
        """Build it by the README's command; the file and what was printed."""
        cache = os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache" / "uv")
        search = f"{self._programs}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", build_command().line],
            cwd=self._checkout,
            env={**os.environ, "HOME": str(self._home), "PATH": search, "UV_CACHE_DIR": cache},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        built = self._checkout / "dist" / f"{NAME}.pyz"
        return built.rename(self._home / f"{len(list(self._home.glob('*.pyz')))}.pyz"), done.stdout

    def write_next_release(self) -> None:
        """Change it: it gets one more page."""
        with (self._folder / "mysite" / "urls.py").open("a") as urls:
            urls.write(NEWER_PAGE)


def run_on_host(machine: Booted, bundle: Path, command: Command) -> str:
    """Bring a file to root's home on a host and type a command there, which must end well; what it prints."""
    place = machine.path(f"/root/{NAME}.pyz")
    shutil.copyfile(bundle, place)
    place.chmod(0o755)
    return machine.succeed("sh", "-c", f"cd /root\n{command.line} 2>&1")
