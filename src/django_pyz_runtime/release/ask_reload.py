"""`pyz reload`: ask the running server for a reload, and wait for what becomes of it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.release import record
from django_pyz_runtime.release.record import Running

LIMIT_SECONDS = 1300
"""A try may take ten minutes, and so may the workers after it."""
_HAND_OVER_SECONDS = 120
"""How long the start of a new release may take until it keeps a record: it may have to be unpacked."""
_PAUSE_SECONDS = 0.05


class Refused(Exception):
    """The server goes on as it is; the text is its reason."""


def find_server(name: str, script: str, data: Path | None, pid: int = 0) -> Running:
    """The server that runs.

    Args:
        name: the project's.
        script: the program's name, for the hint.
        data: the data folder; None where that is not known.
        pid: of the one that is meant; 0 for the only one.

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
            hint=f"Say which one is meant: `{script} pyz reload --pid {found[0].pid}`.",
        )
    which = f"with the process id {pid} " if pid else ""
    raise UserError(
        f"no server of {name} {which}was found that this user may ask",
        hint=f"`{script} pyz status` lists what runs; a service is started by `systemctl start {name}`.",
    )


def reload(server: Running, limit_seconds: float = LIMIT_SECONDS) -> Running | None:
    """Ask a server for a reload, and wait for its end.

    Args:
        server: that is asked.
        limit_seconds: how long to wait.

    Returns:
        What the server says after it; None where it was handed over to a release that keeps no record.

    Raises:
        Refused: the server goes on as it is.
        UserError: it cannot be asked, has ended, or has not said within the limit what became of it.
    """
    # What was asked for before this signal may end before it; the server counts.
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
                    f"the server has ended while it was reloaded: process {server.pid}",
                    hint="Its log says why; under systemd: `journalctl -u` and the name of its unit.",
                )
            # One master takes the place of the other at once; an older release keeps no record.
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
        hint="It goes on; look at its log, and ask again.",
    )


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
