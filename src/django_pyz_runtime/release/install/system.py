"""`pyz install --system`: install and serve a site on a machine with nothing but Python and systemd."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import socket
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django_pyz_runtime.boot import installing, releases
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle import seal
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.release.files.files import HostFile
from django_pyz_runtime.release.install import checks, machine
from django_pyz_runtime.release.install.plan import Plan
from django_pyz_runtime.release.install.program import Program
from django_pyz_runtime.release.install.services import Changes, Services
from django_pyz_runtime.release.install.settings_file import without_secrets
from django_pyz_runtime.release.install.steps import Step, always, take
from django_pyz_runtime.release.install.text_files import holds
from django_pyz_runtime.release.install.text_files import write as write_text


def install_system(
    bundle: Bundle,
    arguments: Arguments,
    root: Path,
    shell_files: list[HostFile],
    *,
    only_print: bool,
    starts: bool = True,
) -> None:
    """Check everything first, then take each remaining step and print a line for it.

    Args:
        bundle: this one.
        arguments: of the command line; what it sets goes into a new settings.ini.
        root: of the machine, or a folder to stage its files in, without users and services.
        shell_files: the files for shells and man(1).
        only_print: only print what would be done, and the files.
        starts: whether to migrate and start the site, too; not for packages, images and upgrades.

    Raises:
        UserError: nothing was changed; or a step failed, and those before it are in place.
    """
    made = os.environ.pop(installing.MADE, "")
    try:
        if not only_print and root == Path("/"):
            machine.must_be_root("pyz install --system")
            if starts:
                _look_at_machine()
        plan = Plan.of(bundle, arguments, root, shell_files)
        program = Program(bundle, root)
        _look(plan, starts=starts)
    except BaseException:
        if made:
            take_away(Path(made))
        raise
    installation = Installation(plan, program, was_made=bool(made), starts=starts)
    take(installation.steps(), only_print=only_print, failed=installation.failed)
    if only_print:
        _show(plan)
    elif starts and not plan.is_staged:
        _tell(plan)


def _look_at_machine() -> None:
    """Check that a site can be served on this machine.

    Raises:
        UserError: it cannot.
    """
    if not machine.has_systemd():
        raise UserError(
            "pyz install --system: systemd is not running on this machine, so it cannot serve the site",
            hint="--no-start installs everything for a later boot, --root DIR writes the files for another machine.",
        )


def _look(plan: Plan, *, starts: bool) -> None:
    """Check that this site can be installed.

    Raises:
        UserError: it cannot; nothing was changed.
    """
    seal.check(str(plan.bundle.executable))
    checks.check_foreign(plan.site, plan.files, plan.root)
    if starts and not plan.is_staged:
        checks.check_streams(plan.site)
    if not plan.is_staged:
        checks.check_configuration(plan.bundle, plan.arguments, plan.site, str(plan.settings), plan.before)


class Installation:
    """The steps of an installation.

    Args:
        plan: the plan.
        program: the executable and its code.
        was_made: whether this process has unpacked the code.
        starts: whether to migrate and start the site, too.
    """

    def __init__(self, plan: Plan, program: Program, *, was_made: bool, starts: bool) -> None:
        self._plan = plan
        self._site = plan.site
        self._program = program
        self._was_made = was_made
        self._starts = starts and not plan.is_staged
        self._changes = Changes()

    def steps(self) -> Iterator[Step]:
        """All steps in their order."""
        plan, site, program = self._plan, self._site, self._program
        others = [file for file in plan.files if "/systemd/" not in file.place]
        units = [file for file in plan.files if file not in others]
        for file in others:
            yield self._file(file)
        if not plan.is_staged:
            yield Step(f"user {site.user}", self._has_user, self._make_user, "made")
            for folder in dict.fromkeys((site.state_dir, site.data, site.backups)):
                yield Step(folder, partial(self._has_folder, folder), partial(self._make_folder, folder), "made")
        yield Step(str(plan.settings), self._has_settings, self._write_settings)
        yield Step(str(program.release), lambda: program.is_unpacked and not self._was_made, self._unpack)
        yield Step(str(program.path), lambda: program.is_in_place, program.copy)
        for file in plan.shell_files:
            yield self._shell_file(file)
        for file in units:
            yield self._file(file)
        for path in checks.units_of_site(site, plan.root):
            if path.name not in {Path(file.place).name for file in units}:
                yield always(str(path), partial(self._remove_unit, path), "removed")
        if self._starts:
            yield from Services(plan, program, self._changes).steps()

    def failed(self, step: Step, error: BaseException) -> BaseException:
        """The error for a failed step: why, what is done, and how to continue."""
        if not isinstance(error, UserError | OSError | machine.Failed):
            return error
        reason = system_reason(error) if isinstance(error, OSError) else str(error)
        where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        again = f"{shlex.quote(str(self._plan.bundle.executable))} pyz install --system"
        again += "" if self._starts or self._plan.is_staged else " --no-start"
        again += f" --root {shlex.quote(str(self._plan.root))}" if self._plan.is_staged else ""
        again += "" if self._has_settings() else " with the same --set"
        return UserError(
            f"{step.what}: could not be {step.done}:",
            *(f"  {line}" for line in f"{where}{reason}".splitlines()),
            hint=f"The steps above are done. Fix that, then continue with: {again}",
        )

    def _file(self, file: HostFile) -> Step:
        path = self._plan.path(file.place)

        def write() -> None:
            write_text(path, file.text, 0o644)
            if "/systemd/" in file.place:
                self._changes.units.add(path.name)

        return Step(str(path), lambda: holds(path, file.text), write)

    def _shell_file(self, file: HostFile) -> Step:
        """The step for a file that the site can do without: a foreign one is kept."""
        path = self._plan.path(file.place)
        if os.path.lexists(path) and not checks.is_of_site(path, self._site):
            return Step(
                str(path),
                lambda: True,
                lambda: None,
                there=f"kept, as it does not belong to the site {self._site.name}",
            )
        return self._file(file)

    def _remove_unit(self, path: Path) -> None:
        if not self._plan.is_staged:
            machine.systemctl("disable", *(["--now"] if machine.has_systemd() else []), path.name)
        path.unlink()
        self._changes.units.add(path.name)

    def _has_user(self) -> bool:
        return machine.user_home(self._site.user) is not None

    def _make_user(self) -> None:
        [file] = [file for file in self._plan.files if "/sysusers.d/" in file.place]
        machine.make_user(self._site, self._plan.path(file.place))

    def _has_folder(self, folder: str) -> bool:
        """Whether a folder exists; the site's own must belong to its user."""
        try:
            return folder == self._site.data != self._site.state_dir or Path(folder).owner() == self._site.user
        except (OSError, KeyError):
            return False

    def _make_folder(self, folder: str) -> None:
        if not os.path.isdir(folder):
            installing.make_folder(folder)
            os.chmod(folder, 0o750)
        shutil.chown(folder, self._site.user, self._site.user)

    def _has_settings(self) -> bool:
        return self._plan.before is None and holds(self._plan.settings, self._plan.text) and self._can_read_settings()

    def _can_read_settings(self) -> bool:
        """Whether the site's user can read settings.ini."""
        if self._plan.is_staged:
            return True
        status = self._plan.settings.stat()
        is_of_group = status.st_mode & stat.S_IRGRP and machine.group_id(self._site.user) == status.st_gid
        return bool(status.st_mode & stat.S_IROTH or is_of_group)

    def _write_settings(self) -> None:
        path, group = self._plan.settings, machine.group_id(self._site.user)
        if self._plan.before is not None:
            write_text(path, self._plan.text, 0o640, None if self._plan.is_staged else group)
        elif self._can_read_settings():
            status = path.stat()
            write_text(path, self._plan.text, stat.S_IMODE(status.st_mode), status.st_gid)
        else:
            write_text(path, self._plan.text, stat.S_IMODE(path.stat().st_mode) | stat.S_IRGRP, group)
        self._plan = self._plan._replace(before=None)
        self._changes.has_settings = True

    def _unpack(self) -> None:
        if not self._program.is_unpacked:
            self._program.unpack()
        if not self._plan.is_staged:
            self._program.check_trust()


def take_away(tree: Path) -> None:
    """Remove the code that this process has unpacked and runs from, and folders that are empty then."""
    # Imported now: the module that prints the refusal is about to be removed.
    import django_pyz_runtime.secrets.redaction  # noqa: F401

    releases.remove(str(tree))
    for folder in (tree.parent, tree.parent.parent):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _show(plan: Plan) -> None:
    """Print the files."""
    print(f"\n# {plan.settings}\n{without_secrets(plan.text)}", end="")
    for file in plan.files:
        print(f"\n# {plan.path(file.place)}\n{file.text}", end="")


def _tell(plan: Plan) -> None:
    """Print where the site is."""
    for stream in plan.site.streams:
        host, colon, port = stream.rpartition(":")
        if stream.startswith("/"):
            continue
        host = socket.gethostname() if not colon or host in ("0.0.0.0", "[::]") else host
        url = f"http://{host}/" if port == "80" else f"http://{host}:{port}/"
        print(f"{plan.site.name} is at {url.rstrip('/')}{plan.site.path}/")
    script = plan.site.script
    print(
        f"and at the socket {plan.site.socket}, for a web server in front: `{script} pyz files DIR` writes the "
        "configuration of nginx."
    )
