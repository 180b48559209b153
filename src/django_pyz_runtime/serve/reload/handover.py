"""The handover from one master of the server to the next, which replaces it in the same process (execve(2)).

The listening sockets stay open, and the workers stay children of the process and go on serving. An environment variable
says which they are; it is meant for one process, named in it, and is taken out of the environment at once.

The next one is started in the same way as this process was (Invocation).
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from django_pyz_runtime.serve.reload.notify import Notifier

VARIABLE = "DJANGO_PYZ_HANDOVER"
METRICS_VARIABLE = "DJANGO_PYZ_METRICS"
"""A variable of its own: a release from before there were metrics takes no handover that has more than it knows."""
_PASSED_ON_OTHERWISE = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


class Listener(NamedTuple):
    """A listening socket.

    Attributes:
        bind: what it was configured as; "" for one that was passed by the service manager.
        name: where it listens, as `name_of` writes it.
        descriptor: of the open file.
    """

    bind: str
    name: str
    descriptor: int


class MetricsLeft(NamedTuple):
    """The metrics of a master.

    Attributes:
        format: of the counters.
        bind: what the socket was configured as.
        name: where it listens, as `name_of` writes it.
        listener: its descriptor.
        counters: the descriptor of their file.
        exporter: the process id of the exporter; 0 for none.
    """

    format: int
    bind: str
    name: str
    listener: int
    counters: int
    exporter: int


class Handover(NamedTuple):
    """The state that the next master takes over.

    Attributes:
        master: the process id of the one that leaves it.
        listeners: the sockets.
        is_passed: whether they were passed by the service manager, who removes them in the end.
        workers: the process ids of the workers.
        metrics: None if they are off.
    """

    master: int
    listeners: Sequence[Listener] = ()
    is_passed: bool = False
    workers: Sequence[int] = ()
    metrics: MetricsLeft | None = None

    def to_environ(self) -> dict[str, str]:
        """The variables that `take` reads."""
        data = self._asdict()
        metrics = data.pop("metrics")
        return {VARIABLE: json.dumps(data)} | ({METRICS_VARIABLE: json.dumps(metrics)} if metrics else {})

    @classmethod
    def take(cls, environ: MutableMapping[str, str], *processes: int) -> Handover | None:
        """The handover to this process, if any.

        Args:
            environ: whose variables are removed.
            processes: ids of which one must have left it.
        """
        # What an outer server of gunicorn's has left is not for this one.
        environ.pop("GUNICORN_PID", None)
        metrics = environ.pop(METRICS_VARIABLE, "")
        try:
            data = json.loads(environ.pop(VARIABLE, "null"))
            if not data or data["master"] not in processes:
                return None
            listeners = [Listener(*listener) for listener in data.pop("listeners")]
            return cls(listeners=listeners, **data, metrics=MetricsLeft(*json.loads(metrics)) if metrics else None)
        except (ValueError, TypeError, KeyError):
            return None

    def keeps(self, bind: str, address: object) -> Listener | None:
        """The socket that already listens at a configured address.

        Args:
            bind: as it is configured.
            address: the same, as gunicorn reads it: host and port, or a path.
        """
        names = _names_of(address)
        return next((one for one in self.listeners if one.bind == bind or one.name in names), None)

    def has_port(self, port: int) -> bool:
        """Whether one of the sockets listens on a TCP port."""
        names = [one.name for one in self.listeners] + ([self.metrics.name] if self.metrics else [])
        return any(name.endswith(f" {port}") for name in names)


def name_of(address: object) -> str:
    """An address as one text: of host and port, those two alone.

    Args:
        address: as socket.getsockname returns it.
    """
    return f"{address[0]} {address[1]}" if isinstance(address, tuple) else str(address)


def _names_of(address: object) -> set[str]:
    """The names of all addresses that one stands for."""
    if not isinstance(address, tuple):
        return {name_of(address)}
    try:
        return {name_of(found[4]) for found in socket.getaddrinfo(address[0], address[1], type=socket.SOCK_STREAM)}
    except OSError:
        return set()


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
    def of_this_process(cls, executable: Path, arguments: Sequence[str]) -> Invocation:
        """As it is now: call it first of all.

        Args:
            executable: the file.
            arguments: behind it, which mean the same in any folder.
        """
        try:
            folder = os.getcwd()
        except FileNotFoundError:  # it has been removed
            folder = "/"
        return cls(executable, tuple(arguments), dict(os.environ), folder)

    def command(self, *more: str) -> list[str]:
        """Program and arguments."""
        program = [] if os.access(self.executable, os.X_OK) else [sys.executable]
        return [*program, str(self.executable), *self.arguments, *more]

    def variables(self, handover: Handover, *without: str) -> dict[str, str]:
        """The environment with what is handed over."""
        dropped = (*_PASSED_ON_OTHERWISE, *without)
        return {name: text for name, text in self.environ.items() if name not in dropped} | handover.to_environ()

    def folder_now(self) -> str:
        """Where to start it: the folder may have been removed meanwhile."""
        return self.folder if os.path.isdir(self.folder) else "/"

    def execute(self, handover: Handover, more: Mapping[str, str]) -> NoReturn:
        """Start the current file in this process.

        Args:
            handover: for the new master.
            more: variables for it.

        Raises:
            OSError: it cannot be executed; the current folder is another, all else is as before.
        """
        os.chdir(self.folder_now())
        command = self.command()
        os.execve(command[0], command, {**self.variables(handover), **more})

    def version(self) -> tuple[tuple[int, ...], ...]:
        """A value that changes with the executable or the configuration."""
        files = [self.executable]
        if self.configuration:
            files += [self.configuration, *sorted((self.configuration.parent / "conf.d").glob("*.ini"))]
        return tuple(map(_version, files))


def _version(file: Path) -> tuple[int, ...]:
    """A value that changes when a file is replaced; nothing while there is none."""
    try:
        status = os.stat(file)
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class Service(NamedTuple):
    """How the server process was started, and whom it reports to.

    Attributes:
        notifier: reports to the service manager.
        invocation: how the process was started.
        handover: from the previous master, if any.
        release: its name for people.
        data: the data folder, once the configuration was read.
    """

    notifier: Notifier
    invocation: Invocation
    handover: Handover | None
    release: str
    data: Path = Path("/")
