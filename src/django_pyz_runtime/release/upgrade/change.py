"""The steps from the active release to another one; each is recorded before it is taken."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.boot import releases
from django_pyz_runtime.boot.unpack import unpack
from django_pyz_runtime.bundle.container import read_container
from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.release import ask_reload
from django_pyz_runtime.release.files.files import HostFile
from django_pyz_runtime.release.install import machine, ready
from django_pyz_runtime.release.install.ready import Ready
from django_pyz_runtime.release.install.steps import Step, always, take
from django_pyz_runtime.release.upgrade import web_files
from django_pyz_runtime.release.upgrade.databases import DatabaseChange
from django_pyz_runtime.release.upgrade.host import Host, Release
from django_pyz_runtime.release.upgrade.journal import Note
from django_pyz_runtime.release.upgrade.left import next_command
from django_pyz_runtime.release.upgrade.migrating import TakenBack
from django_pyz_runtime.release.upgrade.options import Policy
from django_pyz_runtime.release.upgrade.put import close
from django_pyz_runtime.release.upgrade.told import indented
from django_pyz_runtime.release.upgrade.units import Units

_AFTER_ALL = ("go on", "units", "services", "prune")
"""Steps that run once the release serves: a failure in one of them is no reason to go back."""
_READ = ("/usr/lib/", "/usr/share/")
"""Where the files are that systemd, shells and man(1) read."""
_LOOK = ("--set", "serve.migrations=warn", "runserve", "--check")
"""Imports what a server would import, including the modules of URLs; migrations are checked afterwards."""


class Change(DatabaseChange):
    """A change of the active release.

    Args:
        host: the host.
        note: the upgrade or rollback under way.
        version: of the new release.
        source: where its executable comes from.
        policy: what it may do.
        ready: the page that says whether the site is ready.
    """

    def __init__(self, host: Host, note: Note, version: str, source: str, policy: Policy, ready: Ready) -> None:
        super().__init__(host, note, version, policy)
        self._units: Units | None = None
        self._outdated: list[HostFile] = []
        self._source = source
        self._ready = ready
        self._is_in_force = host.in_force() == note.to

    def take(self, steps: Iterator[Step]) -> None:
        """Take the steps one after the other and print a line for each.

        Raises:
            UserError: one failed; the previous release is active again, or the text says why not.
        """
        take(steps, begin=self._begin, failed=self._go_back)
        self.host.journal.remove()

    def _begin(self, step: Step) -> None:
        self._write_down(step=step.what, failed="")

    def keep(self) -> str:
        """Keep both executables beside their code."""
        host = self.host
        host.keep(Path(self._source), self.note.to)
        if self.before and not (self.before.since and self.before.program.is_file()):
            self._keep_before(self.before)
            self.before = host.release(self.before.build)
        for release in filter(None, (self.before, self.to)):
            close(release.program.parent)
        return f"{self.to.program}"

    def _keep_before(self, before: Release) -> None:
        """Keep the executable that `pyz install` installed, with its code."""
        program = str(self.host.program)
        container = read_container(program)
        if not before.program.parent.is_dir():
            unpack(program, container, str(before.program.parent))
        self.host.keep(self.host.program, before.build)
        self.host.take_in_force(before, self.host.version(before.build), program)

    def check(self) -> str:
        """Let the release check whether it can serve the site with the current configuration."""
        self.host.succeed(self.to, *_LOOK)
        self._look_at_units()
        return "the site can be served"

    def _look_at_units(self) -> None:
        if self.host.has_units:
            files = self.host.files(self.to)
            self._units = Units(self.host.site, [file for file in files if file.place.startswith(_READ)])
            self._units.check()
            self._look_at_nginx(web_files.in_place(files))

    def _look_at_nginx(self, files: list[HostFile]) -> None:
        if files and self.before:
            # A release that cannot tell is no reason to stop.
            with contextlib.suppress(machine.Failed):
                self._outdated = web_files.outdated(self.host.files(self.before), files)

    def look_back(self) -> str:
        """Check whether an older release can serve the site with the current databases."""
        self.host.succeed(self.to, "runserve", "--check")
        self._look_at_units()
        return "the site can be served"

    def serve(self) -> Iterator[Step]:
        """The steps from a checked release to one that serves, with its units and services."""
        yield always("switch", self.switch)
        yield always("reload", self.reload)
        yield always("ready", self.wait)
        if self.pause.has_begun:
            yield always("go on", self.pause.end)
        if self.host.has_units:
            yield always("units", self.write_units)
            yield always("services", self.restart_services)

    def switch(self) -> str:
        """Make the executable the active one."""
        self._is_in_force = True
        if not self.to.since or self.note.what == "upgrade":
            self.host.take_in_force(self.to, self.to.version, self._source, self.note.before)
        self.host.switch(self.to)
        return f"{self.host.program} is {self.to}"

    def reload(self) -> str:
        """Reload each running server and wait for the result."""
        return self._reload(self.to)

    def _reload(self, release: Release) -> str:
        servers = self.host.servers()
        for server in servers:
            if server.text("build") == release.build:
                continue
            now = ask_reload.reload(server)
            if now is not None and now.text("build") != release.build:
                raise machine.Failed(
                    f"process {server.pid} serves {now.text('build')[:12]}: it was started from another file than "
                    f"{self.host.program}"
                )
        return f"now serving {release}" if servers else "no server runs"

    def wait(self) -> str:
        """Wait until the release answers at systemd's socket and is ready."""
        site, page = self.host.site, self._ready.page
        if not page or not self.host.has_units:
            return ""
        if not machine.is_active(f"{site.name}.socket"):
            return f"skipped: {site.name}.socket is stopped"
        ready.wait(site, page, self.to.build, self._ready.limit_seconds, is_paused=self.pause.has_begun)
        return f"{site.socket}{page}"

    def write_units(self) -> str:
        """Write the units of the release, except those that somebody has changed."""
        assert self._units
        # Once they are written, nothing shows any more that they are new.
        self._write_down(started=tuple(dict.fromkeys([*self.note.started, *self._units.new()])))
        said = self._units.write(self.note.started)
        site = self.host.site
        return "; ".join([*filter(None, [said]), *web_files.told(site.name, site.script, self._outdated)])

    def restart_services(self) -> str:
        """Restart the services beside the server, start new ones, and stop those that were removed."""
        assert self._units
        return self._units.restart(self.note.started)

    def prune(self) -> str:
        """Remove the oldest releases that no process uses and that a rollback would not go to."""
        host, own = self.host, self.to.build
        before = host.release(own).before
        found = releases.prune(str(host.folder), host.site.name, own, self._policy.keep - 1, {before})
        gone = [one for one in found if not one.kept]
        return f"{len(gone)} removed" if gone else ""

    def _go_back(self, step: Step, error: BaseException) -> BaseException:
        """Go back to the previous release.

        Returns:
            The error to raise.
        """
        if not isinstance(
            error, UserError | OSError | machine.Failed | ask_reload.Refused | SystemExit | KeyboardInterrupt
        ):
            return error
        told = self._reason(step, error)
        if step.what in _AFTER_ALL:
            return UserError(
                *told, f"{self.to} is active and serves.", hint=f"Fix that, then continue with: {self._again}."
            )
        restored = self._restore_data() if self.pause.is_held else []
        was_in_force = self._is_in_force
        lost = self._switch_back() if was_in_force else []
        left = self._take_back() if self._has_migrated and not lost else TakenBack()
        # A server refuses a release that does not know the migrations.
        lost += self._reload_back() if was_in_force and not lost else []
        told += restored
        if not left.applied and not left.in_part and not self._paused_by_other:
            lost += self._end_pause()
        told += [*lost, *self._says_in_force(is_changed=bool(lost or any(left))), *self._says_of(left)]
        if not lost and not left.applied and not left.in_part:
            if self._paused_by_other:
                self.host.journal.write(self._paused_by_other)
            else:
                self.host.journal.remove()
            if not getattr(error, "needs_program", False):
                self.host.forget(self.to)
            told += self._says_of_pause()
            return UserError(*told, hint=getattr(error, "hint", "") or self._hint(step))
        if not lost:
            told += self._says_of_pause()
            # For `pyz status`: the database has changed.
            with contextlib.suppress(OSError):
                self._write_down(failed=step.what, migrations=(*left.applied, *left.in_part))
        return UserError(*told, hint=" ".join([f"Fix that, then continue with: {self._again}.", *self._old_data(left)]))

    @property
    def _again(self) -> str:
        return f"`{next_command(self.host, self.note)}`"

    def _hint(self, step: Step) -> str:
        if self.note.what == "rollback" and step.what == "check":
            back = f"`{next_command(self.host, self.note, '--migrate-back')}`"
            return f"Follow its advice and try again; or let {back} undo the unknown migrations, after a backup."
        return "Fix that and try again."

    def _reason(self, step: Step, error: BaseException) -> list[str]:
        reason = system_reason(error) if isinstance(error, OSError) else str(error) or "it was interrupted"
        if isinstance(error, SystemExit | KeyboardInterrupt):
            reason = "it was interrupted"
        where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        return [f"{self.note.what} to {self.to}: the step {step.what!r} failed:", *indented(f"{where}{reason}")]

    def _switch_back(self) -> list[str]:
        """Make the previous release active; lines to print if that fails."""
        if self.before is None or self.before.build == self.to.build:
            return [f"{self.to} stays active: the previous release is not known"]
        try:
            self.host.switch(self.before)
        except OSError as error:
            return [f"{self.before} cannot be made active again: {system_reason(error)}"]
        self._is_in_force = False
        return []

    def _reload_back(self) -> list[str]:
        """Reload the servers with the previous release; lines to print if they refuse."""
        assert self.before
        try:
            self._reload(self.before)
        except (UserError, machine.Failed, ask_reload.Refused) as error:
            return [f"the server refused to switch back to {self.before}, and keeps running:", *indented(str(error))]
        return []

    def _says_in_force(self, *, is_changed: bool) -> list[str]:
        if self._is_in_force or self.before is None:
            return []
        return [f"{self.before} is active" + ("" if is_changed else ", and nothing has changed")]
