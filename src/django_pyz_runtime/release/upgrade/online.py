"""What of an upgrade the release that serves meanwhile could not live with, and the pause of the site for that.

While the site pauses, requests are answered with 503 and Retry-After, and what runs beside the server is stopped. Until
migrations begin, the pause is over as soon as this process is, however it ends. From then on the gate stays closed
until an upgrade or rollback has come to its end: the databases are none any more that the release in force knows.
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
    """A step that is not to be taken.

    Args:
        text: why.
        hint: what to do instead.
        needs_program: whether that needs the kept executable of the release.
    """

    def __init__(self, text: str, hint: str, *, needs_program: bool = False) -> None:
        super().__init__(text)
        self.hint = hint
        self.needs_program = needs_program


def judge(host: Host, policy: Policy, found: Iterable[dict[str, Any]], command: str) -> bool:
    """Whether the migrations that are to be applied need a pause.

    Args:
        host: whose.
        policy: what may be done.
        found: the state of each database.
        command: the one that is running, for the hint.

    Raises:
        Unwanted: they do, and there may be none.
    """
    harmful = [line for state in found for line in state.get("harmful", [])]
    if not harmful or not serves(host):
        return False
    if not policy.pauses:
        raise Unwanted(
            "\n".join(["the release that serves could not live with:", *(f"  {line}" for line in harmful)]),
            f"Have the site pause for it: `{command} {PAUSE}`, or always: [upgrade] online = pause.",
        )
    return True


def check_allowed(host: Host, policy: Policy, release: Release, missing: Sequence[str]) -> None:
    """Refuse to apply migrations where that is configured.

    Raises:
        Unwanted: there are some, and none are to be applied.
    """
    if missing and not policy.migrates:
        by_user = f"runuser -u {host.site.user} -- " if host.has_user else ""
        raise Unwanted(
            f"{len(missing)} migrations are to be applied, the first is {missing[0]}; [upgrade] migrate is never",
            f"Apply them, then upgrade: `{by_user}{shlex.quote(str(release.program))} migrate`.",
            needs_program=True,
        )


def serves(host: Host) -> bool:
    """Whether something runs that uses the databases, or may be started by systemd at any moment."""
    return host.has_units or bool(host.running())


class Pause:
    """A pause of the site.

    Args:
        host: whose.
        policy: how long running requests are given.
        note: what is known of an upgrade that was interrupted: its gates are closed, and its services stopped.
        remember: writes down more in the journal.
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
        """Whether there is something to end."""
        return bool(self._closed or self._gates or self._stopped)

    def begin(self) -> str:
        """Stop what runs beside the server, let no more requests in, and wait for those that are inside.

        Raises:
            machine.Failed: it cannot be; all that was done is ended by `end`.
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
        more = f"; workers that were ended, as their requests took longer: {ended}" if ended else ""
        return f"requests are answered with 503{more}"

    def _gate_of(self, server: Running) -> Path:
        if path := server.text("gate"):
            return Path(path)
        raise self._knows_no_pause(f"process {server.pid}", server.pid)

    def _knows_no_pause(self, who: str, pid: int) -> Unwanted:
        # Its socket would start it again.
        command = f"systemctl stop {self._host.site.name}.target" if self._host.has_units else f"kill {pid}"
        return Unwanted(
            f"{who} serves a release that knows no pause, or has no place for it",
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
            raise Unwanted(f"no unit of the site's, but running: {told}", f"Stop it first: `kill {numbers}`.")

    def _wait(self, servers: list[Running]) -> int:
        """Wait for the requests that are inside; how many processes took too long, and were ended."""
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
        """Have it go on whatever becomes of this process: the databases are about to change."""
        for closed in self._closed:
            closed.hold(why)
        self.is_held = True
        self._remember(gates=tuple(map(str, self._gates)))

    def end(self) -> str:
        """Let requests in, and start what was stopped.

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
        """How to end it by hand, for the message."""
        paths = shlex.join(map(str, self._gates))
        return f"Or have requests served by the release in force: `truncate --size 0 {paths}`."


def restore(host: Host, release: Release, backup: str) -> str:
    """Put a backup in the place of the data, which nobody has written to since; what keeps that from being done."""
    try:
        host.succeed(release, "pyz", "restore", backup, "--replace")
    except machine.Failed as error:
        return str(error)
    return ""


def _running_units(host: Host) -> list[str]:
    """The timers of a site that run, and its services but the server, also those that a timer has started."""
    units = [path.name for path in checks.units_of_site(host.site) if path.name != f"{host.site.name}.service"]
    found = [name for name in units if name.endswith((".timer", ".service"))]
    found.sort(key=lambda name: not name.endswith(".timer"))
    return [name for name in found if machine.unit_property(name, "ActiveState") in ("active", "activating")]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0
