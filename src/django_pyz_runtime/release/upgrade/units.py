"""The files of a host that systemd, shells and man(1) read: from those of one release to those of another.

What an operator has changed stays, and is told. Each step may be taken again after a kill.
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
        site: by its names.
        files: that a release wants.
    """

    def __init__(self, site: Site, files: list[HostFile]) -> None:
        self._site = site
        self._files = files
        self._wanted = {Path(file.place).name for file in files}

    def check(self) -> None:
        """Find out whether something of somebody else's is in the way.

        Raises:
            UserError: it is.
        """
        checks.check_foreign(self._site, self._files)

    def new(self) -> list[str]:
        """The names of those that are to be enabled and started, as they are not there yet."""
        there = {path.name for path in checks.units_of_site(self._site)}
        return [unit for unit in enabled_units(self._files) if unit not in there]

    def write(self, started: Iterable[str]) -> str:
        """Write what differs and nobody has changed, and have systemd read it.

        Args:
            started: the names of new units, which are enabled.

        Returns:
            What to say.

        Raises:
            machine.Failed: systemd does not take it.
            OSError: it cannot be written.
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
        """Have systemd take what was written, as far as that stops nothing."""
        if started:
            machine.systemctl("enable", *started)
        if folders := [path for path in written if path.parent.name == "tmpfiles.d"]:
            machine.succeeds("systemd-tmpfiles", "--create", *folders)
        if timers := [path.name for path in written if path.suffix == ".timer" and path.name not in started]:
            machine.systemctl("try-restart", *timers)

    def restart(self, started: Iterable[str]) -> str:
        """Restart the services that run, start those that are new, and take away those that are gone.

        What a timer has started goes on to its end. A service that runs is given its time for that, and nobody waits
        for it, but where it goes for good.

        Returns:
            What to say.

        Raises:
            machine.Failed: one does not start.
            OSError: one cannot be removed.
        """
        # With a site that is stopped they are stopped, too.
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
        """Stop and remove the units that this release has no longer."""
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
    """What to say of the files of a site.

    Args:
        name: of the site.
        written: those that were.
        changed: those that were not, as somebody has changed them.
    """
    names = [path.name for path in written]
    service, socket, target = (f"{name}.{kind}" for kind in ("service", "socket", "target"))
    if names:
        yield f"{', '.join(names)} written"
    if later := sorted({service, socket}.intersection(names)):
        # While the service alone restarts, its socket keeps who connects waiting.
        yield f"{', '.join(later)}: in force after `systemctl restart {target if socket in later else service}`"
    for path in changed:
        yield f"{path}: stays, as it was changed"


def _text(path: Path) -> str | None:
    """The text of a file; None where there is none, and "" where it is no text."""
    try:
        return read(path)
    except FileNotFoundError:
        return None
    except (EOFError, UnicodeDecodeError, gzip.BadGzipFile):
        return ""
