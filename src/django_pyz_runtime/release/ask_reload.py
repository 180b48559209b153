"""`pyz reload`: ask the running server for a reload, and wait for the result."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.release import record
from django_pyz_runtime.release.record import Running

LIMIT_SECONDS = 1300
"""The trial start may take ten minutes, and so may the workers after it."""
_HAND_OVER_SECONDS = 120
"""How long a new release may take to write its record: it may have to be unpacked first."""
_PAUSE_SECONDS = 0.05


class Refused(Exception):
    """The server refused the reload and keeps running; the text is its reason."""


def find_server(name: str, script: str, data: Path | None, pid: int = 0) -> Running:
    """The running server.

    Args:
        name: the project's.
        script: the program's name, for the hint.
        data: the data folder; None if it is not known.
        pid: of the server; 0 for the only one.

    Raises:
        UserError: there is none, or more than one.
    """
    servers = [one for one in record.running(name, data) if one.text("role") == record.WEB]
    found = [one for one in servers if one.pid == pid] if pid else servers
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            f"{len(found)} servers of {name} run: " + ", ".join(f"process {one.pid}" for one in found),
            hint=f"Choose one: `{script} pyz reload --pid {found[0].pid}`.",
        )
    which = f"with the process id {pid} " if pid else ""
    raise UserError(
        f"no server of {name} {which}was found that this user may reload",
        hint=f"`{script} pyz status` lists what runs; a service is started by `systemctl start {name}`.",
    )


def reload(server: Running, limit_seconds: float = LIMIT_SECONDS) -> Running | None:
    """Ask a server for a reload, and wait for the result.

    Args:
        server: the server.
        limit_seconds: how long to wait.

    Returns:
        The record of the server after it; None if a release took over that keeps no record.

    Raises:
        Refused: the server refused it and keeps running.
        UserError: it cannot be asked, has ended, or has not reported the result within the limit.
    """
    # An earlier reload may end before this one; the server counts them.
    asked = server.number("asked")
    try:
        os.kill(server.pid, signal.SIGHUP)
    except OSError as error:
        raise UserError(
            f"process {server.pid} cannot be asked for a reload: {system_reason(error)}",
            hint="Run it as root, or as the user of the service.",
        ) from None
    deadline = time.monotonic() + limit_seconds
    gone_since = 0.0
    while time.monotonic() < deadline:
        now = record.look(server.pid, server.file)
        if now is None:
            gone_since = gone_since or time.monotonic()
            if not _lives(server.pid):
                raise UserError(
                    f"the server ended during the reload: process {server.pid}",
                    hint="Its log says why; under systemd: `journalctl -u UNIT`.",
                )
            # The new master replaces the old one at once; an older release keeps no record.
            if time.monotonic() - gone_since > _HAND_OVER_SECONDS:
                return None
        else:
            gone_since = 0.0
            if now.number("ended") > asked:
                if reason := str(now.facts.get("refused", "")):
                    raise Refused(reason)
                return now
        time.sleep(_PAUSE_SECONDS)
    raise UserError(
        f"after {limit_seconds:g} seconds the server has not reported the result of the reload: process {server.pid}",
        hint="It keeps running; look at its log, then try again.",
    )


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
