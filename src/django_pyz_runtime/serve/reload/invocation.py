"""How the server process was started, to start the file that is there later in the same way, and whom it reports to."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

from django_pyz_runtime.serve.reload.handover import Handover
from django_pyz_runtime.serve.reload.notify import Notifier

_PASSED_ON_OTHERWISE = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


class Invocation(NamedTuple):
    """Program, arguments, environment and folder of this process.

    Attributes:
        executable: the file.
        arguments: behind it on the command line.
        environ: the environment, as it was before anything was configured.
        folder: the current one.
        configuration: the main configuration file; beside it there may be a conf.d.
    """

    executable: Path
    arguments: tuple[str, ...]
    environ: Mapping[str, str]
    folder: str
    configuration: Path | None = None

    @classmethod
    def of_this_process(cls, executable: Path) -> Invocation:
        """As it is now: call it first of all."""
        try:
            folder = os.getcwd()
        except FileNotFoundError:  # it has been removed
            folder = "/"
        return cls(executable, tuple(sys.argv[1:]), dict(os.environ), folder)

    def command(self, *more: str) -> list[str]:
        """Program and arguments."""
        program = [] if os.access(self.executable, os.X_OK) else [sys.executable]
        return [*program, str(self.executable), *self.arguments, *more]

    def variables(self, handover: Handover, *without: str) -> dict[str, str]:
        """The environment with what is handed over."""
        dropped = (*_PASSED_ON_OTHERWISE, *without)
        return {name: text for name, text in self.environ.items() if name not in dropped} | handover.to_environ()

    def execute(self, handover: Handover) -> NoReturn:
        """Start the file that is there now, in this process.

        Raises:
            OSError: it cannot be executed; the current folder is another, all else is as before.
        """
        os.chdir(self.folder)
        command = self.command()
        os.execve(command[0], command, self.variables(handover))

    def version(self) -> tuple[tuple[int, ...], ...]:
        """What changes when executable or configuration do."""
        files = [self.executable]
        if self.configuration:
            files += [self.configuration, *sorted((self.configuration.parent / "conf.d").glob("*.ini"))]
        return tuple(map(_version, files))


def _version(file: Path) -> tuple[int, ...]:
    """What changes when another file takes the place of one; nothing while there is none."""
    try:
        status = os.stat(file)
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class Service(NamedTuple):
    """How the server process was started, and whom it reports to.

    Attributes:
        notifier: tells the service manager.
        invocation: how the process was started.
        handover: what the master before has left; None where there was none.
        release: its name for people.
    """

    notifier: Notifier
    invocation: Invocation
    handover: Handover | None
    release: str
