"""A site on a booted machine, with the units that are shipped for it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from pathlib import Path

from django_pyz_runtime.errors import ERROR
from tests.e2e.harness import Response
from tests.e2e.reload.load_client import Connection
from tests.e2e.systemd.booted import Booted
from tests.waiting import wait_until
from tests.write_etc import ETC


class BootedSite:
    """A site as an operator sets it up: a user of its own, the executable, the configuration, the units.

    Args:
        machine: where it is.
        name: the project's name.
        script: of the executable.
    """

    def __init__(self, machine: Booted, name: str, script: str) -> None:
        self.machine = machine
        self.name = name
        self.script = script
        self.unit = f"{name}.service"
        self.socket_unit = f"{name}.socket"
        self.program = f"/usr/bin/{script}"
        self.settings = f"/etc/{name}/settings.ini"
        self.data = f"/var/lib/{name}"
        self.cache = f"/var/cache/{name}"
        self._cursor = ""

    @property
    def address(self) -> str:
        """The socket that systemd listens on, as a path outside the machine."""
        return str(self.machine.path(f"/run/{self.name}.sock"))

    def set_up(self, bundle: Path) -> None:
        """Make the user, put the files in their places, and make the database."""
        self.machine.succeed("useradd", "--system", "--home-dir", self.data, self.name)
        for unit in (ETC / "systemd").iterdir():
            text = re.sub("project(-script)?", lambda found: self.script if found[1] else self.name, unit.read_text())
            self.machine.path(f"/etc/systemd/system/{self.name}{unit.suffix}").write_text(text)
        self.replace(bundle)
        self.machine.succeed(self.program, "pyz", "config", "init")
        self.machine.succeed("systemctl", "daemon-reload")
        self.migrate()

    def migrate(self) -> None:
        """Make the database, as the README says."""
        self.machine.succeed("install", "-d", "-m", "750", "-o", self.name, "-g", self.name, self.data)
        self.machine.succeed("runuser", "-u", self.name, "--", self.program, "migrate", "--verbosity", "0")

    def replace(self, bundle: Path) -> None:
        """Put a file in place of the one that is there, at once, as `mv` and dpkg do."""
        program = self.machine.path(self.program)
        new = program.with_name(f"{program.name}.dpkg-new")
        shutil.copyfile(bundle, new)
        new.chmod(0o755)
        os.replace(new, program)

    def configure(self, text: str) -> None:
        """Write settings.ini, for the site's group to read."""
        path = self.machine.path(self.settings)
        path.write_text(text)
        path.chmod(0o640)

    def drop_in(self, text: str, unit: str = "") -> None:
        """Change a unit until the next reset."""
        folder = self.machine.path(f"/run/systemd/system/{unit or self.unit}.d")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "test.conf").write_text(text)
        self.machine.succeed("systemctl", "daemon-reload")

    def reset(self) -> None:
        """Stop it and take away what tests have changed in the units; the log begins anew."""
        # A stop may take as long as requests do.
        self.machine.run("systemctl", "kill", "--signal=SIGKILL", self.unit)
        self.machine.run("systemctl", "stop", self.unit, self.socket_unit)
        for unit in (self.unit, self.socket_unit):
            shutil.rmtree(self.machine.path(f"/run/systemd/system/{unit}.d"), ignore_errors=True)
        self.machine.succeed("systemctl", "daemon-reload")
        self.machine.run("systemctl", "reset-failed", self.unit, self.socket_unit)
        self.machine.succeed("journalctl", "--sync")
        said = self.machine.succeed("journalctl", "--lines=1", "--show-cursor", "--output=cat")
        self._cursor = said.rpartition("cursor: ")[2].strip()

    def systemctl(self, verb: str) -> None:
        """Start, stop, restart or reload it, which must end well."""
        done = self.machine.run("systemctl", verb, self.unit)
        assert done.returncode == 0, f"systemctl {verb}: {done.stderr}\n{self.journal()}"

    def send(self, how: signal.Signals) -> None:
        """Send a signal to the main process."""
        self.machine.succeed("systemctl", "kill", "--kill-who=main", f"--signal={how.name}", self.unit)

    def show(self, name: str, unit: str = "") -> str:
        """A property of the service, or of another unit."""
        return self.machine.succeed("systemctl", "show", "--property", name, "--value", unit or self.unit).strip()

    @property
    def main_pid(self) -> int:
        """The main process, as it is numbered on the machine; 0 where there is none."""
        return int(self.show("MainPID"))

    @property
    def code(self) -> str:
        """Where the code is that the service runs: it works in a folder there."""
        return self.machine.succeed("readlink", f"/proc/{self.main_pid}/cwd").strip()

    def journal(self) -> str:
        """What the service and systemd have said about it since the reset."""
        return self._journal("--priority=info")

    def errors(self) -> str:
        """What of that is an error."""
        # Behind a cursor, journalctl leaves out the first line that --priority would let through.
        # Without --all it leaves out texts of more than 4 KiB.
        said = map(json.loads, self._journal("--output=json", "--all").splitlines())
        return "\n".join(str(line["MESSAGE"]) for line in said if int(line["PRIORITY"]) <= ERROR)

    def messages(self) -> list[str]:
        """The messages that the service has sent to systemd since the reset."""
        told = re.findall(r"Got notification message from PID \d+(?: \(|: )(.*?)\)?\n", self._journal())
        return [message for line in told for message in line.split(", ")]

    def _journal(self, *arguments: str) -> str:
        # What somebody said who has ended may not have been written yet.
        self.machine.succeed("journalctl", "--sync")
        return self.machine.run(
            "journalctl", f"--after-cursor={self._cursor}", "--output=cat", f"--unit={self.unit}", *arguments
        ).stdout

    def get(self, path: str) -> Response:
        """Ask it for a path, over its socket."""
        connection = Connection(self.address)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            answer = connection.getresponse()
            return Response(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def wait_for_log(self, text: str) -> None:
        """Wait until the service or systemd has said something about it."""
        wait_until(lambda: text in self.journal(), lambda: f"{text!r}, found:\n{self.journal()}")

    def wait_for_message(self, start: str, count: int = 1) -> None:
        """Wait until the service has sent so many messages that begin like this."""
        wait_until(
            lambda: sum(message.startswith(start) for message in self.messages()) >= count,
            lambda: f"message {start}, found {self.messages()}\n{self.journal()}",
        )

    def wait_for_state(self, state: str) -> None:
        """Wait until the service is in a state: active, inactive, failed, activating, reloading."""
        wait_until(lambda: self.show("ActiveState") == state, lambda: f"{state}\n{self.journal()}")
