"""The steps from the release in force to another one; each is written down before it is taken."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.boot import releases
from django_pyz_runtime.boot.unpack import unpack
from django_pyz_runtime.bundle.container import read_container
from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.release import ask_reload
from django_pyz_runtime.release.install import checks, machine
from django_pyz_runtime.release.upgrade.host import Host, Release
from django_pyz_runtime.release.upgrade.journal import Note

KEPT = 3
"""How many releases stay on the host, with the one in force."""
READY_SECONDS = 120
_PAUSE_SECONDS = 0.2
_LOOK = ("--set", "serve.migrations=warn", "runserve", "--check")
"""Imports all that a server would, also what URLs name; migrations are looked at afterwards."""


class Step(NamedTuple):
    """A step.

    Attributes:
        name: of it.
        take: does it, and returns what to say.
    """

    name: str
    take: Callable[[], str]


class Change:
    """A change of the release in force.

    Args:
        host: whose.
        note: what is under way.
        version: of the release that is to be in force.
        source: where its executable came from.
        ready: the path of the page that says whether the site is ready; "" where there is none.
    """

    def __init__(self, host: Host, note: Note, version: str, source: str, ready: str) -> None:
        self.host = host
        self.note = note
        self.to = host.release(note.to)._replace(version=version)
        self.before = host.release(note.before) if note.before else None
        self.has_migrated = False
        self._source = source
        self._ready = ready
        self._is_in_force = host.in_force() == note.to

    def take(self, steps: Iterator[Step]) -> None:
        """Take steps, one after the other, and say so, a line each.

        Raises:
            UserError: one failed; the release before is in force again, and all else is said.
        """
        step = Step("begin", str)
        try:
            for step in steps:
                self._write_down(step.name)
                if said := step.take():
                    print(f"{step.name}: {said}", flush=True)
            self.host.journal.remove()
        except BaseException as error:
            raise self._go_back(step, error) from None

    def _write_down(self, step: str) -> None:
        self.note = self.note._replace(step=step)
        self.host.journal.write(self.note)

    def keep(self) -> str:
        """Keep both executables beside their code."""
        host = self.host
        host.keep(Path(self._source), self.note.to)
        if self.before and not (self.before.since and self.before.program.is_file()):
            self._keep_before(self.before)
            self.before = host.release(self.before.build)
        return f"{self.to.program}"

    def _keep_before(self, before: Release) -> None:
        """Keep the executable that `pyz install` has put in place, with its code."""
        program = str(self.host.program)
        container = read_container(program)
        if not before.program.parent.is_dir():
            unpack(program, container, str(before.program.parent))
        self.host.keep(self.host.program, before.build)
        self.host.take_in_force(before, self.host.version(before.build), program)

    def check(self) -> str:
        """Have the release find out whether it can serve the site, with the configuration as it is."""
        self.host.succeed(self.to, *_LOOK)
        return "the site can be served"

    def look(self) -> str:
        """Look at the migrations that are to be applied; none may be there that the release does not know."""
        found = self.host.databases(self.to)
        if any(state["ahead"] for state in found):
            self.host.succeed(self.to, "runserve", "--check")
        missing = tuple(name for state in found for name in state["missing"])
        self.note = self.note._replace(migrations=missing)
        return f"{len(missing)} to be applied: {', '.join(missing)}" if missing else "none to be applied"

    def back_up(self) -> str:
        """Back up what the migrations change."""
        said = self.host.succeed(self.to, "pyz", "backup").strip()
        self.note = self.note._replace(backup=said.splitlines()[-1].rpartition(": written")[0])
        return self.note.backup

    def look_back(self) -> str:
        """Find out whether an older release can serve the site with the databases as they are."""
        self.host.succeed(self.to, "runserve", "--check")
        return "the site can be served"

    def migrate_back(self) -> str:
        """Undo the migrations that an older release does not know, by the one in force, which does.

        Raises:
            machine.Failed: one cannot be undone.
        """
        undone: list[str] = []
        assert self.before
        for state in self.host.databases(self.to):
            for one in state["ahead"]:
                names = [f"{one['app']}.{name}" for name in one["names"]]
                if not one["back_to"]:
                    raise machine.Failed(f"{', '.join(names)}: there is no migration to go back to")
                self.has_migrated = True
                database = ("--database", state["alias"])
                self.host.succeed(self.before, "migrate", "--noinput", *database, one["app"], one["back_to"])
                undone += names
        return f"{', '.join(undone)} undone" if undone else "none to be undone"

    def migrate(self) -> str:
        """Apply the migrations; `migrate` lets no other process do so meanwhile (release.migration_lock)."""
        self.has_migrated = True
        for state in self.host.databases(self.to):
            if state["missing"]:
                self.host.succeed(self.to, "migrate", "--noinput", "--database", state["alias"])
        return "applied"

    def switch(self) -> str:
        """Put the executable in force."""
        self._is_in_force = True
        if not self.to.since or self.note.what == "upgrade":
            self.host.take_in_force(self.to, self.to.version, self._source)
        self.host.switch(self.to)
        return f"{self.host.program} is {self.to}"

    def reload(self) -> str:
        """Have each server that runs take it, and wait for what becomes of that."""
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
        return f"{release} is served" if servers else "no server runs"

    def wait(self) -> str:
        """Wait until systemd's socket is answered by the release, and that it is ready."""
        if not self._ready:
            return ""
        if not machine.is_active(f"{self.host.site.name}.socket"):
            return f"not asked, as {self.host.site.name}.socket is stopped"
        socket = self.host.site.socket
        deadline = time.monotonic() + READY_SECONDS
        while True:
            status, body = machine.answer_of(socket, self._ready)
            build = _build(body)
            if status == 200 and build in (self.to.build, ""):
                return f"{socket}{self._ready}"
            if time.monotonic() > deadline:
                who = f"release {build[:12]} " if build else ""
                answer = f"{who}answers with {status}" if status else "nobody answers"
                words = machine.last_words(f"{self.host.site.name}.service")
                raise machine.Failed(f"after {READY_SECONDS} s {answer} at {socket}{self._ready}\n{words}")
            time.sleep(_PAUSE_SECONDS)

    def restart_services(self) -> str:
        """Restart what runs beside the server; what a timer starts is left to its end."""
        site = self.host.site
        names = {path.name for path in checks.units_of_site(site)}
        units = [
            name
            for name in sorted(names)
            if name.endswith(".service")
            and name != f"{site.name}.service"
            and f"{name.removesuffix('.service')}.timer" not in names
            and machine.is_active(name)
        ]
        if units:
            machine.systemctl("try-restart", "--no-block", *units)
        return f"{', '.join(units)} restarted" if units else ""

    def prune(self) -> str:
        """Remove the oldest releases, where no process uses them."""
        name, own = self.host.site.name, self.to.build
        gone = [one for one in releases.prune(str(self.host.folder), name, own, KEPT - 1) if not one.kept]
        return f"{len(gone)} removed" if gone else ""

    def _go_back(self, step: Step, error: BaseException) -> BaseException:
        """Have the release before in force again; what to raise.

        What comes after the release is served is no reason to go back.
        """
        if not isinstance(
            error, UserError | OSError | machine.Failed | ask_reload.Refused | SystemExit | KeyboardInterrupt
        ):
            return error
        if step.name in ("services", "prune"):
            told = [*self._reason(step, error), f"{self.to} is in force and serves."]
            return UserError(*told, hint=f"Mend that, then go on: `{self.host.program} pyz upgrade`.")
        lost = self._restore() if self._is_in_force else []
        applied = self._applied() if self.has_migrated else ()
        told = [*self._reason(step, error), *lost, *self._says_in_force(is_changed=bool(lost or applied))]
        if not applied and not lost:
            self.host.journal.remove()
            self.host.forget(self.to)
            return UserError(*told, hint=self._hint(step))
        if not lost:
            # Known to `pyz status`: the database is not as it was.
            self.note = self.note._replace(failed=step.name, migrations=applied)
            self.host.journal.write(self.note)
        return UserError(*told, hint=" ".join(self._ways_on(applied)))

    def _hint(self, step: Step) -> str:
        if self.note.what == "rollback" and step.name == "check":
            back = f"`{self.host.program} pyz rollback --migrate-back`"
            return f"Do what it says, then try again; or have {back} undo what it does not know, after a backup."
        return "Mend that, then try again."

    def _reason(self, step: Step, error: BaseException) -> list[str]:
        reason = system_reason(error) if isinstance(error, OSError) else str(error) or "it was interrupted"
        if isinstance(error, SystemExit | KeyboardInterrupt):
            reason = "it was interrupted"
        where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        lines = f"{where}{reason}".splitlines()
        return [f"{self.note.what} to {self.to}: the step {step.name!r} failed:", *(f"  {line}" for line in lines)]

    def _restore(self) -> list[str]:
        """Put the release before in force; what to say where that fails."""
        if self.before is None or self.before.build == self.to.build:
            return [f"{self.to} stays in force, as the release before it is not known"]
        try:
            self.host.switch(self.before)
            self._is_in_force = False
            self._reload(self.before)
        except (UserError, OSError, machine.Failed, ask_reload.Refused) as error:
            return [f"{self.before} cannot be put in force again: {error}"]
        return []

    def _says_in_force(self, *, is_changed: bool) -> list[str]:
        if self._is_in_force or self.before is None:
            return []
        return [f"{self.before} is in force" + ("" if is_changed else ", and everything is as it was before")]

    def _applied(self) -> tuple[str, ...]:
        """The migrations that are there now and were not."""
        try:
            missing = {name for state in self.host.databases(self.to) for name in state["missing"]}
        except machine.Failed:
            missing = set()
        return tuple(name for name in self.note.migrations if name not in missing)

    def _ways_on(self, applied: tuple[str, ...]) -> Iterator[str]:
        if applied:
            yield f"The database has these migrations of {self.to}: {', '.join(applied)}."
        yield f"Mend that, then go on: `{shlex.quote(str(self.to.program))} pyz upgrade`."
        if applied and self.note.backup:
            backup = shlex.quote(self.note.backup)
            yield f"Or have the data as it was before: `{self.host.program} pyz restore {backup} --replace`."


def _build(body: bytes) -> str:
    """The build id that an answer names; "" where it names none."""
    try:
        return str(json.loads(body).get("build", ""))
    except (ValueError, AttributeError):
        return ""
