"""Finds processes that use the data of a site: replacing it would leave them with a mix of old and new."""

from __future__ import annotations

from pathlib import Path

from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release import gate
from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.install import checks, machine
from django_pyz_runtime.release.record import WEB, Running, running


def check(manifest: Manifest, data: Path | None) -> None:
    """Refuse to replace data that processes of the site use; those paused by an upgrade use none.

    Args:
        manifest: of the site.
        data: its data folder; None if it is not known.

    Raises:
        UserError: some are running; the hint has the command that stops them.
    """
    found = [one for one in running(manifest.name, data) if not gate.is_closed(one.text("gate"))]
    if found:
        told = ", ".join(f"{one.text('role')} (process {one.pid})" for one in found)
        raise UserError(
            f"the site {manifest.name} is running: {told}",
            hint=f"Nothing was changed. Stop it first: `{_stop_command(manifest, found)}`.",
        )


def _stop_command(manifest: Manifest, found: list[Running]) -> str:
    name = manifest.name
    if not (machine.has_systemd() and checks.units_of_site(Site.of_names(manifest))):
        return f"kill {' '.join(str(one.pid) for one in found)}"
    services = [f"{name}.service" if one.text("role") == WEB else f"{name}-{one.text('role')}.service" for one in found]
    return " ".join(["systemctl stop", f"{name}.target", *dict.fromkeys(services)])
