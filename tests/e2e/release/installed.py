"""A machine with Debian, systemd and Python, and a file on it that nobody has installed yet."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.systemd.booted import Booted
from tests.waiting import wait_until

FILE = "/root/flat.pyz"
NEWER = "/root/newer.pyz"
SETTINGS = "/etc/flat/settings.ini"
UNITS = "/usr/lib/systemd/system"
PLACES = (
    *("/usr/bin/flat", "/usr/lib/flat", SETTINGS, "/var/lib/flat", "/var/cache/flat"),
    *(f"{UNITS}/flat.service", f"{UNITS}/flat.socket", f"{UNITS}/flat.target"),
    *("/usr/lib/sysusers.d/flat.conf", "/usr/lib/tmpfiles.d/flat.conf"),
    "/usr/share/bash-completion/completions/flat",
    "/usr/share/zsh/vendor-completions/_flat",
    "/usr/share/fish/vendor_completions.d/flat.fish",
    *("/usr/share/man/man1/flat.1.gz", "/usr/share/man/man5/flat.settings.5.gz"),
)
"""What an installation makes."""
IDLE = "import signal; signal.pause()"
SERVICES = (
    *("--set=serve.workers=2", f"--set=services.shell=manage.py shell -v 0 -c '{IDLE}'"),
    "--set=timers.check=daily",
)
"""Options for one unit of each kind."""


class BareMachine:
    """The machine.

    Args:
        booted: it, running.
        bundle: what is copied to it.
        newer: a newer one that is copied, too.
    """

    def __init__(self, booted: Booted, bundle: Path, newer: Path | None = None) -> None:
        self.booted = booted
        for file, place in ((bundle, FILE), (newer, NEWER)):
            if file:
                shutil.copyfile(file, booted.path(place))
                booted.path(place).chmod(0o755)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command there."""
        return self.booted.run(*command)

    def install(self, *options: str) -> str:
        """Install the file, which must end well, and return what it says."""
        done = self.run(FILE, "pyz", "install", "--system", *options)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert done.stderr == ""
        return done.stdout

    def refusal(self, *options: str) -> str:
        """What an installation says that is refused."""
        done = self.run(FILE, "pyz", "install", "--system", *options)
        assert (done.returncode, done.stdout) == (2, ""), f"{done.stdout}\n{done.stderr}"
        return done.stderr

    def status(self, url: str, host: str) -> int:
        """The status of a page, asked for on the machine."""
        return self.booted.status(url, host)

    def there(self) -> list[str]:
        """Which of the things are there that an installation makes."""
        found = [place for place in PLACES if self.booted.path(place).exists()]
        return [*found, *(["user"] if self.run("id", "flat").returncode == 0 else [])]

    def state(self) -> dict[str, int]:
        """When each file was changed last, but for data."""
        files = [path for place in PLACES for path in (self.booted.path(place), *self.booted.path(place).rglob("*"))]
        return {str(path): path.lstat().st_mtime_ns for path in files if "/var/" not in str(path)}

    def shows(self, expected: Mapping[str, list[str]]) -> None:
        """Wait until the processes of units are shown like that by `systemctl status`, which reads what ps reads."""

        def shown(unit: str) -> list[str]:
            said = self.run("systemctl", "status", "--full", unit).stdout
            return [line.replace('"', "") for line in re.findall(r"^ +[├└]─\d+ (.+)$", said, re.MULTILINE)]

        def all_shown() -> dict[str, list[str]]:
            return {unit: shown(unit) for unit in expected}

        wait_until(lambda: all_shown() == expected, all_shown)

    def purge(self) -> None:
        """Make it as bare as it was."""
        self.run("systemctl", "stop", "other")
        self.run(FILE, "pyz", "uninstall", "--purge")
