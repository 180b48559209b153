"""The host whose release changes: its places, its user, its servers, and the executables that it keeps."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django_pyz_runtime.boot import installing, releases
from django_pyz_runtime.boot.trust import user_name
from django_pyz_runtime.bundle import seal
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.container import read_container
from django_pyz_runtime.bundle.names import MANIFEST_FILE
from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.release import record
from django_pyz_runtime.release.files.files import HostFile
from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.install import checks, machine
from django_pyz_runtime.release.install.text_files import sync_folder, write
from django_pyz_runtime.release.record import Running
from django_pyz_runtime.release.upgrade.journal import NAME, Journal
from django_pyz_runtime.release.upgrade.put import put, writable


class Release(NamedTuple):
    """A release whose executable is kept on the host.

    Attributes:
        build: its build id.
        program: the path of its executable.
        version: for people; "" if it has none.
        since: when it first became active, in seconds since 1970; 0 if it never was.
        before: the build id of the release that it replaced; "" if it is not known.
    """

    build: str
    program: Path
    version: str = ""
    since: float = 0
    before: str = ""

    def __str__(self) -> str:
        return f"{self.version} ({self.build[:12]})" if self.version else self.build[:12]


class Host:
    """The host.

    Args:
        bundle: this one.
        root: of the machine, or a folder that stands for it.
        data: the data folder, which may hold records of servers; None if it is not known.

    Attributes:
        site: the names of the site.
        root: of the machine.
        program: the path of the active executable.
        journal: of the upgrade or rollback under way.
    """

    def __init__(self, bundle: Bundle, root: Path, data: Path | None) -> None:
        self.bundle = bundle
        self.site = Site.of_names(bundle.manifest)
        self.root = root
        self._data = data
        self.program = self._path(self.site.program)
        self.folder = self._path(self.site.releases)
        self.journal = Journal(self._path(self.site.state_dir) / NAME)

    def _path(self, place: str) -> Path:
        return self.root / place.lstrip("/")

    @property
    def has_units(self) -> bool:
        """Whether systemd serves the site, by units written for it."""
        return self.root == Path("/") and machine.has_systemd() and bool(checks.units_of_site(self.site))

    @property
    def has_user(self) -> bool:
        """Whether the site's commands are run as its user."""
        is_made = machine.user_home(self.site.user) == self.site.state_dir
        return self.root == Path("/") and os.geteuid() == 0 and is_made

    def run(self, release: Release, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a release's executable to its end, as the site's user if there is one, else as this user."""
        if self.has_user:
            return machine.completed_by(self.site, release.program, *arguments)
        return subprocess.run(
            [release.program, *arguments],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )

    def succeed(self, release: Release, *arguments: str) -> str:
        """Run a command that must succeed.

        Returns:
            What it printed.

        Raises:
            machine.Failed: it failed; with its output.
        """
        done = self.run(release, *arguments)
        if done.returncode:
            said = done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}"
            led = f"{release.program.name}: "
            raise machine.Failed("\n".join(line.removeprefix(led) for line in said.splitlines()))
        return done.stdout

    def databases(self, release: Release) -> list[dict[str, Any]]:
        """The state of the databases against a release (release.migrations.State, as dictionaries).

        Raises:
            machine.Failed: it is not known.
        """
        module = "django_pyz_runtime.release.upgrade.look"
        said = self.succeed(release, "pyz", "exec", "python", "-m", module)
        try:
            found: list[dict[str, Any]] = json.loads(said.strip().splitlines()[-1])
        except (ValueError, IndexError):
            raise machine.Failed(f"wanted the state of the databases, found {said!r}") from None
        return found

    def files(self, release: Release) -> list[HostFile]:
        """All files of the host for a release, with the current configuration.

        Raises:
            machine.Failed: it is not known.
        """
        said = self.succeed(release, "pyz", "files", "--json")
        try:
            return [HostFile(str(one["path"]), str(one["place"]), str(one["text"])) for one in json.loads(said)]
        except (ValueError, TypeError, KeyError):
            raise machine.Failed(f"wanted the files of a host, found {said!r}") from None

    def in_force(self) -> str:
        """The build id of the active executable.

        Raises:
            UserError: it does not exist or cannot be read.
        """
        if not self.program.is_file():
            raise UserError(
                f"{self.program}: is not there, so there is nothing to upgrade",
                hint=f"Install it first: `{self.bundle.executable} pyz install --system`, or `pyz install`.",
            )
        return read_container(str(self.program)).build_id

    def servers(self) -> list[Running]:
        """The running servers."""
        return [one for one in self.running() if one.text("role") == record.WEB]

    def running(self) -> list[Running]:
        """All processes of the site that keep a record."""
        return record.running(self.site.name, self._data)

    def kept(self) -> list[Release]:
        """The releases that are or were active, newest first."""
        trees = map(Path, releases.others(str(self.folder), self.site.name, ""))
        found = [release for tree in trees if (release := self.release(tree.name)).since and release.program.is_file()]
        return sorted(found, key=lambda release: -release.since)

    def release(self, build: str) -> Release:
        """A release with its known facts."""
        tree = self.folder / build
        facts: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            facts = json.loads((tree / releases.FACTS).read_bytes())
        since = facts.get("since")
        since = float(since) if isinstance(since, int | float) else 0
        version, before = (str(facts.get(name) or "") for name in ("version", "before"))
        return Release(build, tree / self.site.script, version, since, before)

    def version(self, build: str) -> str:
        """The version of a release whose code is unpacked; "" if it has none or it is not known."""
        try:
            return str(json.loads((self.folder / build / "site-packages" / MANIFEST_FILE).read_bytes())["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def keep(self, source: Path, build: str) -> None:
        """Keep an executable beside its code.

        Raises:
            OSError: it cannot be written.
            UserError: it is damaged.
        """
        tree = self.folder / build
        program = tree / self.site.script
        if program.is_file() and _is_build(program, build):
            return
        with writable(tree):
            put(source, program, may_link=source == self.program)
        # The tree has its final name, but perhaps in memory only.
        sync_folder(self.folder)
        seal.check(str(program))

    def take_in_force(self, release: Release, version: str, source: str, before: str = "") -> None:
        """Record that a release is active from now on.

        Args:
            release: the release.
            version: its version, for people.
            source: where its executable comes from.
            before: the build id of the release that it replaces; "" for none, or for the one already recorded.

        Raises:
            OSError: it cannot be written.
        """
        who = os.environ.get("SUDO_USER") or user_name(os.geteuid())
        facts = {
            "version": version,
            "build": release.build,
            "source": source,
            "installed_by": who,
            "since": round(time.time(), 3),
            "before": before or release.before,
        }
        with writable(release.program.parent):
            write(release.program.with_name(releases.FACTS), json.dumps(facts, indent=2) + "\n", 0o644)

    def forget(self, release: Release) -> None:
        """Remove the kept executable of a release that was never active, unless it is this process's own."""
        if not release.since and release.program != self.bundle.executable:
            with contextlib.suppress(OSError), writable(release.program.parent):
                release.program.unlink()

    def switch(self, release: Release) -> None:
        """Make a kept executable the active one, by one rename.

        Raises:
            OSError: it cannot be written.
        """
        put(release.program, self.program, may_link=True)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other upgrade begin in the block.

        Raises:
            UserError: another one is under way, or the folder of releases cannot be used.
        """
        try:
            installing.make_folder(str(self.folder))
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise UserError(f"{self.folder}: {system_reason(error)}", hint="Run it as root.") from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                note = self.journal.read()
                doing = f", at the step {note.step}" if note else ""
                raise UserError(
                    f"another upgrade or rollback of {self.site.name} is under way{doing}",
                    hint=f"Wait until it ends: `{self.site.script} pyz status` shows how it went.",
                ) from None
            yield
        finally:
            os.close(descriptor)

    def is_busy(self) -> bool:
        """Whether an upgrade is under way."""
        try:
            with self.alone():
                return False
        except UserError:
            return True


def _is_build(program: Path, build: str) -> bool:
    try:
        return read_container(str(program)).build_id == build
    except (UserError, OSError):
        return False
