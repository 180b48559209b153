"""`pyz uninstall`: remove a site from its host; its data stays unless it is purged."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.boot import installing, releases
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.release.files import shell_files
from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.install import checks, machine


class Removal(NamedTuple):
    """Something to remove.

    Attributes:
        what: its name.
        remove: removes it.
        done: the text for its line.
    """

    what: str
    remove: Callable[[], object]
    done: str = "removed"


def uninstall(bundle: Bundle, configuration: Configuration, *, purge: bool, only_print: bool) -> None:
    """Stop the site and remove it, with a line for each part; missing parts are skipped.

    Args:
        bundle: this one.
        configuration: the current one, with all its mistakes; data in other places stays.
        purge: whether to remove data, settings.ini and the user, too.
        only_print: only print what would be removed.

    Raises:
        UserError: something could not be removed; everything printed before was.
    """
    site = Site.of_names(bundle.manifest)
    if not only_print:
        machine.must_be_root("pyz uninstall")
    # A later import would no longer find it.
    import django_pyz_runtime.secrets.redaction  # noqa: F401

    for removal in _removals(site, purge=purge):
        if not only_print:
            try:
                removal.remove()
            except (OSError, machine.Failed) as error:
                reason = system_reason(error) if isinstance(error, OSError) else str(error)
                raise UserError(
                    f"{removal.what}: cannot be {removal.done}: {reason}",
                    hint="Fix that, then run the same command again.",
                ) from None
        print(f"{removal.what}: {'would be ' if only_print else ''}{removal.done}", flush=True)
    for what in _staying(site, configuration, purge=purge):
        print(f"{what}: stays")


def _removals(site: Site, *, purge: bool) -> Iterator[Removal]:
    """The existing parts in the order of removal: first what runs, last what this process runs from."""
    units = checks.units_of_site(site)
    if machine.has_systemd():
        for unit in sorted((path.name for path in units), key=lambda name: not name.endswith((".target", ".socket"))):
            yield Removal(unit, partial(_stop, unit), "stopped")
    for path in [*units, *(Path(f"/usr/lib/{kind}.d/{site.name}.conf") for kind in ("sysusers", "tmpfiles"))]:
        if path.exists():
            yield Removal(str(path), path.unlink)
    for path in map(Path, shell_files.all_places(site)):
        if path.is_file() and checks.is_of_site(path, site):
            yield Removal(str(path), path.unlink)
    if machine.has_systemd() and units:
        yield Removal("systemd", partial(machine.systemctl, "daemon-reload"), "reloaded")
    program = Path(site.program)
    with contextlib.suppress(UserError):
        installing.check_program(site.program, site.name)
        if program.exists():
            yield Removal(site.program, program.unlink)
    folders = [f"/var/cache/{site.name}", site.runtime_dir]
    if purge:
        folders += [site.state_dir, f"/etc/{site.name}"]
    for folder in folders:
        if os.path.isdir(folder):
            yield Removal(folder, partial(_remove_tree, folder))
    if purge and machine.user_home(site.user) == site.state_dir:
        yield Removal(f"user {site.user}", partial(machine.run, "userdel", site.user))
    if os.path.isdir(site.releases):
        yield Removal(site.releases, partial(_remove_releases, site.releases))


def _stop(unit: str) -> None:
    machine.systemctl("stop", unit)
    machine.systemctl("disable", unit)


def _remove_tree(folder: str) -> None:
    """Remove a folder, even if parts of it are read-only."""
    releases.remove(folder)
    if os.path.lexists(folder):
        shutil.rmtree(folder)


def _remove_releases(folder: str) -> None:
    _remove_tree(folder)
    with contextlib.suppress(OSError):
        os.rmdir(os.path.dirname(folder))


def _staying(site: Site, configuration: Configuration, *, purge: bool) -> Iterator[str]:
    """The existing parts that stay."""
    data = ""
    with contextlib.suppress(UserError, ValueError):
        data = str(configuration.get("project", "data_dir") or "")
    places = [data if data != site.state_dir else ""]
    if not purge:
        places += [site.state_dir, f"/etc/{site.name}"]
    yield from (place for place in places if place and os.path.isdir(place))
    if not purge and machine.user_home(site.user) is not None:
        yield f"user {site.user}"
    with contextlib.suppress(FileNotFoundError):
        try:
            installing.check_program(site.program, site.name)
        except UserError as foreign:
            yield foreign.problems[0].partition(", so it stays")[0]
