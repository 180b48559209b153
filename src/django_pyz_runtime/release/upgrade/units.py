"""Updates the files for systemd, shells and man(1) from one release to another.

Files that an operator has changed are kept and reported. Each step can be repeated after a kill.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

from django_pyz_runtime.release.files.files import HostFile, enabled_units, is_as_written, service_units
from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.install import checks, machine
from django_pyz_runtime.release.install.text_files import read, write


class Units:
    """The files of a site on this machine.

    Args:
        site: the names of the site.
        files: of the new release.
    """

    def __init__(self, site: Site, files: list[HostFile]) -> None:
        self._site = site
        self._files = files
        self._wanted = {Path(file.place).name for file in files}

    def check(self) -> None:
        """Check that no foreign file is in the way.

        Raises:
            UserError: one is.
        """
        checks.check_foreign(self._site, self._files)

    def new(self) -> list[str]:
        """The names of new units, to enable and start."""
        there = {path.name for path in checks.units_of_site(self._site)}
        return [unit for unit in enabled_units(self._files) if unit not in there]

    def write(self, started: Iterable[str]) -> str:
        """Write the files that differ, except those that somebody has changed, and reload systemd.

        Args:
            started: the names of new units, to enable.

        Returns:
            Lines to print.

        Raises:
            machine.Failed: systemd refuses them.
            OSError: a file cannot be written.
        """
        written, changed = [], []
        for file in self._files:
            path = Path(file.place)
            before = _text(path)
            if before == file.text:
                continue
            if before is not None and not is_as_written(before):
                changed.append(path)
                continue
            write(path, file.text, 0o644)
            written.append(path)
        machine.systemctl("daemon-reload")
        self._take(written, list(started))
        return "; ".join(told(self._site.name, written, changed))

    def _take(self, written: list[Path], started: list[str]) -> None:
        """Let systemd use the written units, as far as that stops nothing."""
        if started:
            machine.systemctl("enable", *started)
        if folders := [path for path in written if path.parent.name == "tmpfiles.d"]:
            machine.succeeds("systemd-tmpfiles", "--create", *folders)
        if timers := [path.name for path in written if path.suffix == ".timer" and path.name not in started]:
            machine.systemctl("try-restart", *timers)

    def restart(self, started: Iterable[str]) -> str:
        """Restart running services, start new ones, and remove those that are gone.

        A command that a timer has started runs to its end. A running service gets its stop timeout; only the removal
        of a service waits for it.

        Returns:
            A line to print.

        Raises:
            machine.Failed: one does not start.
            OSError: one cannot be removed.
        """
        # In a stopped site they are stopped, too.
        new = list(started) if machine.is_active(f"{self._site.name}.target") else []
        services = [unit for unit in service_units(self._site, self._files) if unit not in new]
        running = [unit for unit in services if machine.is_active(unit)]
        if running:
            machine.systemctl("try-restart", "--no-block", *running)
        if new:
            machine.systemctl("start", *new)
        gone = self._remove()
        done = ((running, "restarted"), (new, "started"), (gone, "removed"))
        return "; ".join(f"{', '.join(units)} {what}" for units, what in done if units)

    def _remove(self) -> list[str]:
        """Stop and remove the units that this release no longer has."""
        found = [path for path in checks.units_of_site(self._site) if path.name not in self._wanted]
        gone = [path for path in found if is_as_written(_text(path) or "")]
        timed = {path.with_suffix(".service") for path in found if path.suffix == ".timer"}
        for path in gone:
            if path not in timed:
                machine.systemctl("disable", "--now", path.name)
            path.unlink()
        if gone:
            machine.systemctl("daemon-reload")
        return [path.name for path in gone]


def told(name: str, written: Iterable[Path], changed: Iterable[Path]) -> Iterator[str]:
    """Lines to print about the files of a site.

    Args:
        name: of the site.
        written: the written files.
        changed: the files that were kept, because somebody has changed them.
    """
    names = [path.name for path in written]
    service, socket, target = (f"{name}.{kind}" for kind in ("service", "socket", "target"))
    if names:
        yield f"{', '.join(names)} written"
    if later := sorted({service, socket}.intersection(names)):
        # While only the service restarts, its socket holds new connections.
        yield f"{', '.join(later)}: effective after `systemctl restart {target if socket in later else service}`"
    for path in changed:
        yield f"{path}: kept, because it was changed"


def _text(path: Path) -> str | None:
    """The text of a file; None if it does not exist, "" if it is not text."""
    try:
        return read(path)
    except FileNotFoundError:
        return None
    except (EOFError, UnicodeDecodeError, gzip.BadGzipFile):
        return ""
