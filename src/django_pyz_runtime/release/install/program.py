"""Installs the executable in /usr/bin, and its code unpacked where every first start finds it."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from django_pyz_runtime.boot import installing, places, trust
from django_pyz_runtime.boot.unpack import unpack
from django_pyz_runtime.bundle import seal
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.container import damaged, read_container
from django_pyz_runtime.errors import UserError, system_reason

_LONGEST_START_SECONDS = 120


class Program:
    """An executable and its code below the root of a machine.

    Args:
        bundle: this one.
        root: of the machine.

    Attributes:
        path: where the executable is installed.
        release: where its code is.

    Raises:
        UserError: another program is in the way.
    """

    def __init__(self, bundle: Bundle, root: Path) -> None:
        self._bundle = bundle
        self.release = root / places.INSTALLED.format(name=bundle.manifest.name).lstrip("/") / bundle.build_id
        self.path = root / installing.PROGRAMS / bundle.manifest.script
        installing.check_program(str(self.path), bundle.manifest.name)

    @property
    def is_unpacked(self) -> bool:
        """Whether the code is in place."""
        return self.release.is_dir()

    @property
    def is_in_place(self) -> bool:
        """Whether the executable is in place, byte for byte."""
        return self.path.is_file() and filecmp.cmp(self._bundle.executable, self.path, shallow=False)

    def unpack(self) -> None:
        """Unpack the code.

        Raises:
            UserError: it cannot be written, or the file is damaged.
        """
        self._make(self.release, self._unpack)

    def copy(self) -> None:
        """Put the executable in place, after a trial start from there.

        Raises:
            UserError: it cannot be written, does not start there, or is damaged.
        """
        self._make(self.path, lambda path: _copy(self._bundle.executable, path))

    def check_trust(self) -> None:
        """Check that the launcher will use the installed code.

        Raises:
            UserError: it would refuse it.
        """
        try:
            uid = os.geteuid()
            trust.check(os.path.join(trust.resolve(str(self.release.parent), uid), self.release.name), uid)
        except trust.Untrusted as reason:
            hint = f"{reason.mend or 'Fix that'}, and install again."
            raise UserError(f"{self.release} will not be used: {reason}", hint=hint) from None

    def _make(self, path: Path, make: Callable[[Path], None]) -> None:
        seal.check(str(self._bundle.executable))
        try:
            installing.make_folder(str(path.parent))
            make(path)
        except trust.Untrusted as untrusted:
            raise UserError(str(untrusted), hint="Remove it.") from None
        except OSError as error:
            who = "Run it as root, or choose" if os.geteuid() else "Choose"
            raise UserError(
                f"{error.filename or path}: {system_reason(error)}", hint=f"{who} another folder with --root."
            ) from None

    def _unpack(self, release: Path) -> None:
        executable = str(self._bundle.executable)
        container = read_container(executable)
        if container.build_id != self._bundle.build_id:
            raise damaged(executable, "it was replaced while it was being installed")
        unpack(executable, container, str(release))


def _copy(executable: Path, program: Path) -> None:
    """Put a program in place atomically and durably: every start gets the complete old or new one."""
    temporary = program.with_name(f".{program.name}.{os.getpid()}")
    try:
        with executable.open("rb") as source, temporary.open("wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        temporary.chmod(0o755)
        seal.check(str(temporary))
        _start(temporary, program)
        os.replace(temporary, program)
    finally:
        temporary.unlink(missing_ok=True)


def _start(temporary: Path, program: Path) -> None:
    """Start the file where it is about to be installed.

    Raises:
        UserError: it does not start there; with its output.
    """
    try:
        done = subprocess.run(
            [temporary, "pyz", "info"],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST_START_SECONDS,
        )
        code, reason = done.returncode, done.stderr.strip() or f"exit code {done.returncode}"
    except (OSError, subprocess.TimeoutExpired) as error:
        code, reason = 1, system_reason(error)
    if code:
        raise UserError(
            f"{program}: not installed, as it does not start from {program.parent}:",
            *(f"  {line}" for line in reason.splitlines()),
            hint="The installed file is unchanged. Fix that and install again.",
        )
