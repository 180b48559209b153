"""Decides whether migrations would break the running release, and pauses the site for them.

During a pause requests get 503 with Retry-After, and the services beside the server are stopped. Until migrations
begin, the pause ends with this process, however it ends. From then on the gate stays closed until an upgrade or
rollback ends: the active release does not fit the databases any more.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from django_pyz_runtime.errors import system_reason
from django_pyz_runtime.release import gate
from django_pyz_runtime.release.install import checks, machine
from django_pyz_runtime.release.record import WEB, Running
from django_pyz_runtime.release.upgrade.host import Host, Release
from django_pyz_runtime.release.upgrade.journal import Note
from django_pyz_runtime.release.upgrade.options import PAUSE, Policy

_LOOK_SECONDS = 0.02
_AFTER_KILL_SECONDS = 10


class Unwanted(machine.Failed):
    """A step that was refused.

    Args:
        text: the reason.
        hint: what to do instead.
        needs_program: whether the hint needs the kept executable of the release.
    """

    def __init__(self, text: str, hint: str, *, needs_program: bool = False) -> None:
        super().__init__(text)
        self.hint = hint
        self.needs_program = needs_program


def judge(host: Host, policy: Policy, found: Iterable[dict[str, Any]], command: str) -> bool:
    """Whether the migrations to apply need a pause.

    Args:
        host: the host.
        policy: what is allowed.
        found: the state of each database.
        command: the running command, for the hint.

    Raises:
        Unwanted: they need a pause, and none is allowed.
    """
    harmful = [line for state in found for line in state.get("harmful", [])]
    if not harmful or not serves(host):
        return False
    if not policy.pauses:
        raise Unwanted(
            "\n".join(["these migrations would break the running release:", *(f"  {line}" for line in harmful)]),
            f"Pause the site for them: `{command} {PAUSE}`, or always: [upgrade] online = pause.",
        )
    return True


def check_allowed(host: Host, policy: Policy, release: Release, missing: Sequence[str]) -> None:
    """Refuse to apply migrations if the configuration says so.

    Raises:
        Unwanted: migrations are missing, and the upgrade must not apply them.
    """
    if missing and not policy.migrates:
        by_user = f"runuser -u {host.site.user} -- " if host.has_user else ""
        raise Unwanted(
            f"{len(missing)} migrations are to be applied, the first is {missing[0]}; [upgrade] migrate is never",
            f"Apply them, then upgrade: `{by_user}{shlex.quote(str(release.program))} migrate`.",
            needs_program=True,
        )


def serves(host: Host) -> bool:
    """Whether a process that uses the databases runs, or systemd may start one at any moment."""
    return host.has_units or bool(host.running())


class Pause:
    """A pause of the site.

    Args:
        host: the host.
        policy: how long running requests may take.
        note: of an interrupted upgrade: its gates are closed, and its services stopped.
        remember: records facts in the journal.
    """

    def __init__(self, host: Host, policy: Policy, note: Note, remember: Callable[..., None]) -> None:
        self._host = host
        self._policy = policy
        self._remember = remember
        self._gates = {Path(text): None for text in note.gates}
        self._stopped = note.stopped
        self._closed: list[gate.Closing] = []
        self.is_held = bool(note.gates)

    @property
    def has_begun(self) -> bool:
        """Whether there is a pause to end."""
        return bool(self._closed or self._gates or self._stopped)

    def begin(self) -> str:
        """Stop the services beside the server, let no new requests in, and wait for the running ones.

        Raises:
            machine.Failed: it cannot begin; `end` undoes what was done.
        """
        servers = self._host.servers()
        service = f"{self._host.site.name}.service"
        if not servers and self._host.has_units and machine.is_active(service):
            raise self._knows_no_pause(service, 0)
        for server in servers:
            self._gates[self._gate_of(server)] = None
        if self._host.has_units and os.path.isdir(self._host.site.runtime_dir):
            self._gates[Path(self._host.site.runtime_dir, gate.NAME)] = None
        self._stop_services()
        for path in self._gates:
            try:
                self._closed.append(gate.Closing(path))
            except OSError as error:
                raise machine.Failed(f"{path}: {system_reason(error)}") from None
        ended = self._wait(servers)
        more = f"; workers stopped because their requests took too long: {ended}" if ended else ""
        return f"requests are answered with 503{more}"

    def _gate_of(self, server: Running) -> Path:
        if path := server.text("gate"):
            return Path(path)
        raise self._knows_no_pause(f"process {server.pid}", server.pid)

    def _knows_no_pause(self, who: str, pid: int) -> Unwanted:
        # Its socket would start it again.
        command = f"systemctl stop {self._host.site.name}.target" if self._host.has_units else f"kill {pid}"
        return Unwanted(
            f"{who} runs a release that does not support pausing, or could not create its gate file",
            f"Stop it, then upgrade, then start it again: `{command}`.",
        )

    def _stop_services(self) -> None:
        units = _running_units(self._host) if self._host.has_units else []
        self._stopped = tuple(dict.fromkeys([*self._stopped, *units]))
        if units:
            self._remember(stopped=self._stopped)
            machine.systemctl("stop", *units)
        if others := [one for one in self._host.running() if one.text("role") != WEB]:
            told = ", ".join(f"{one.text('role')}, process {one.pid}" for one in others)
            numbers = " ".join(str(one.pid) for one in others)
            raise Unwanted(
                f"running, but not managed by a unit of this site: {told}", f"Stop it first: `kill {numbers}`."
            )

    def _wait(self, servers: list[Running]) -> int:
        """Wait for running requests.

        Returns:
            How many processes took too long and were killed.
        """
        masters, killed = {server.pid for server in servers}, set[int]()
        deadline = time.monotonic() + self._policy.graceful_seconds
        for closed in self._closed:
            while not closed.is_empty():
                late = time.monotonic() - deadline
                pid = closed.inside()
                if late > _AFTER_KILL_SECONDS or (late > 0 and pid < 0):
                    raise machine.Failed(
                        f"{closed.path}: a request still runs, in a process that does not belong to the server"
                    )
                if late > 0 and pid > 0 and _parent(pid) in masters:
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
                time.sleep(_LOOK_SECONDS)
        return len(killed)

    def hold(self, why: str) -> None:
        """Let the pause outlive this process: the databases are about to change."""
        for closed in self._closed:
            closed.hold(why)
        self.is_held = True
        self._remember(gates=tuple(map(str, self._gates)))

    def end(self) -> str:
        """Let requests in, and start the stopped units.

        Raises:
            machine.Failed: a service cannot be started.
            OSError: a gate cannot be opened.
        """
        closed, self._closed = self._closed, []
        known = {one.path for one in closed}
        for path in self._gates:
            if path not in known and path.parent.is_dir():
                closed.append(gate.Closing(path))
        for one in closed:
            one.open()
        self._gates, self.is_held = {}, False
        stopped, self._stopped = self._stopped, ()
        if stopped:
            there = {path.name for path in checks.units_of_site(self._host.site)}
            machine.systemctl("start", *(unit for unit in stopped if unit in there))
        with contextlib.suppress(OSError):
            self._remember(gates=(), stopped=())
        return f"requests are served{'; ' if stopped else ''}{', '.join(stopped)}{' started' if stopped else ''}"

    def way_out(self) -> str:
        """How to end the pause by hand, for the message."""
        paths = shlex.join(map(str, self._gates))
        return f"Or let the active release serve requests: `truncate --size 0 {paths}`."


def restore(host: Host, release: Release, backup: str) -> str:
    """Restore a backup over the data, which nobody has written to since.

    Returns:
        Why that failed; "" if it did not.
    """
    try:
        host.succeed(release, "pyz", "restore", backup, "--replace")
    except machine.Failed as error:
        return str(error)
    return ""


def _running_units(host: Host) -> list[str]:
    """The running timers and services of a site except the server, including services that a timer has started."""
    units = [path.name for path in checks.units_of_site(host.site) if path.name != f"{host.site.name}.service"]
    found = [name for name in units if name.endswith((".timer", ".service"))]
    found.sort(key=lambda name: not name.endswith(".timer"))
    return [name for name in found if machine.unit_property(name, "ActiveState") in ("active", "activating")]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0
