"""Finds processes that use the data of a site: replacing it would leave them with a mix of old and new."""

from __future__ import annotations

import time
from pathlib import Path

from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release import gate
from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.install import checks, machine
from django_pyz_runtime.release.listeners import unit_of
from django_pyz_runtime.release.record import Running, running

_PAUSE_SECONDS = 0.2


def check(manifest: Manifest, data: Path | None) -> None:
    """Refuse to replace data that processes of the site use; those paused by an upgrade use none.

    What systemd stops is waited for: `systemctl stop NAME.target` comes back before the services have ended.

    Args:
        manifest: of the site.
        data: its data folder; None if it is not known.

    Raises:
        UserError: some are running; the hint has the command that stops them.
    """
    units = machine.has_systemd()
    while found := [one for one in running(manifest.name, data) if not gate.is_closed(one.text("gate"))]:
        if not (units and all(_ends(unit_of(one.pid)) for one in found)):
            raise _refused(manifest, found)
        time.sleep(_PAUSE_SECONDS)


def _ends(unit: str) -> bool:
    """Whether systemd stops a unit, or is about to; it sees to it that this comes to an end (TimeoutStopSec)."""
    if not unit:
        return False
    state = machine.unit_property(unit, "ActiveState")
    return state == "deactivating" or machine.unit_property(unit, "Job") not in ("", "0")


def _refused(manifest: Manifest, found: list[Running]) -> UserError:
    told = ", ".join(f"{one.text('role')} (process {one.pid})" for one in found)
    return UserError(
        f"the site {manifest.name} is running: {told}",
        hint=f"Nothing was changed. Stop it first: `{_stop_command(manifest, found)}`.",
    )


def _stop_command(manifest: Manifest, found: list[Running]) -> str:
    """A command that stops processes, also those that no unit of the site's runs, and ends when they have ended."""
    known = {path.name for path in checks.units_of_site(Site.of_names(manifest))} if machine.has_systemd() else set()
    units = [unit for one in found if (unit := unit_of(one.pid)) in known]
    others = [str(one.pid) for one in found if unit_of(one.pid) not in known]
    commands = [" ".join(["systemctl stop", f"{manifest.name}.target", *dict.fromkeys(units)])] if units else []
    commands += [f"kill {' '.join(others)}"] if others else []
    return " && ".join([*commands, *(f"tail --pid={pid} --follow /dev/null" for pid in others)])
