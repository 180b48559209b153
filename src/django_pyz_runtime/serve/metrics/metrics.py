"""The master's side of metrics: it owns counters and socket, and runs a process that answers scrapes (exporter).

A reload hands over all three: counters continue, the socket stays open, and the old exporter answers until the new
master is ready.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import METRICS_FOLDER
from django_pyz_runtime.serve.anonymous_file import anonymous_file
from django_pyz_runtime.serve.metrics import counters
from django_pyz_runtime.serve.metrics.counters import Counters, Meter
from django_pyz_runtime.serve.reload.handover import MetricsLeft, name_of
from django_pyz_runtime.serve.reload.old_workers import is_there
from django_pyz_runtime.serve.settings.addresses import label_of, listen

if TYPE_CHECKING:
    from subprocess import Popen

    from gunicorn.config import Config

    from django_pyz_runtime.serve.metrics.exporter import Orders

_AGAIN_SECONDS = 5.0
"""Pause between two starts of an exporter that keeps exiting."""
_KEPT_VARIABLES = ("LANG", "LC_ALL", "PATH")
_log = logging.getLogger("gunicorn.error")


class NoMetrics:
    """Metrics are off.

    Args:
        left: the metrics of a previous master that had them on.

    Attributes:
        meter: with which workers count requests; None without metrics.
    """

    meter: Meter | None = None

    def __init__(self, left: MetricsLeft | None = None) -> None:
        self._left = left

    def begin(self, config: Config, listeners: Iterable[Any]) -> None:
        """The master listens, and has no workers yet.

        Args:
            config: gunicorn's.
            listeners: gunicorn's.
        """
        if self._left:
            _end(self._left)
        self._left = None

    def before_fork(self, living: Collection[int]) -> None:
        """A worker is about to be forked.

        Args:
            living: the process ids of all workers.
        """

    def begin_worker(self) -> None:
        """This process is a worker from now on."""

    def after_fork(self, pid: int) -> None:
        """A worker was forked."""

    def say_pending(self, migrations: int) -> None:
        """Note the number of unapplied migrations that some process has found."""

    def count_reload(self, *, is_refused: bool) -> None:
        """A reload has ended."""

    def tend(self, wanted: int, alive: int, living: Collection[int], *, is_ready: bool) -> None:
        """Update the counters and keep the exporter running; called at every turn of the master's loop.

        Args:
            wanted: the number of workers that are wanted.
            alive: of those that serve.
            living: the process ids of all workers.
            is_ready: whether the workers of this master serve, after a reload.
        """

    def left(self) -> MetricsLeft | None:
        """The handover to the next master."""
        return self._left

    def end(self) -> None:
        """The master ends."""


class Metrics(NoMetrics):
    """Metrics are on.

    Args:
        bundle: this one.
        bind: where to listen, `[metrics] bind`.
        left: the metrics of a previous master; None for none.
    """

    def __init__(self, bundle: Bundle, bind: str, left: MetricsLeft | None) -> None:
        super().__init__(left)
        self.meter = Meter()
        self._bundle = bundle
        self._bind = bind
        goes_on = left and left.format == counters.FORMAT
        self._counters = Counters(left.counters if left and goes_on else anonymous_file())
        self._listener: socket.socket | None = None
        self._listeners: dict[str, int] = {}
        self._config: Config | None = None
        self._room = 0
        self._process: Popen[bytes] | None = None
        self._next_start = 0.0

    def begin(self, config: Config, listeners: Iterable[Any]) -> None:
        """Listen, and start the exporter, unless that of the previous master still answers.

        Raises:
            UserError: the address cannot be listened on.
        """
        left = self._left
        self._config = config
        self._listeners = {label_of(one.getsockname()): os.fstat(one.fileno()).st_ino for one in listeners}
        if left and left.bind == self._bind:
            self._listener = socket.socket(fileno=left.listener)
        else:
            self._listener = listen(self._bind)
            self._listener.set_inheritable(True)
        _log.info("Metrics at: %s", label_of(self._listener.getsockname()))
        if not left:
            self._start()

    def before_fork(self, living: Collection[int]) -> None:
        """Find room for a worker's counters."""
        self._room = self._counters.take_room(living)

    def begin_worker(self) -> None:
        """Count. Close the socket: a worker that outlives the master must not keep it open."""
        if self.meter:
            self.meter.begin(self._counters, self._room)
        if self._listener:
            self._listener.close()
        if self._process:
            # It is no child of this process.
            self._process.returncode = 0

    def after_fork(self, pid: int) -> None:
        """Note which worker has the room."""
        self._counters.give_room(self._room, pid)

    def say_pending(self, migrations: int) -> None:
        """Note it."""
        self._counters.say_pending(migrations)

    def count_reload(self, *, is_refused: bool) -> None:
        """Count it."""
        self._counters.count_reload(is_refused=is_refused)

    def tend(self, wanted: int, alive: int, living: Collection[int], *, is_ready: bool) -> None:
        """Update the number of workers, and keep an exporter running."""
        self._counters.say_workers(wanted, alive)
        self._counters.leave_rooms(living)
        if self._left and (is_ready or not is_there(self._left.exporter)):
            self._replace(self._left)
        elif not self._left and self._process and self._process.poll() is not None:
            self._start_again()

    def left(self) -> MetricsLeft | None:
        """Counters, socket and process."""
        if not self._listener:
            return self._left
        exporter = self._left.exporter if self._left else self._process.pid if self._process else 0
        descriptors = self._listener.fileno(), self._counters.descriptor
        name = name_of(self._listener.getsockname())
        return MetricsLeft(counters.FORMAT, self._bind, name, *descriptors, exporter)

    def end(self) -> None:
        """Remove the socket, and stop the exporter."""
        if not self._listener:
            return
        left = self.left()
        self._listener.detach()
        if left:
            _end(left)
        if self._left and self._left.bind != self._bind:
            _end(self._left)

    def _replace(self, left: MetricsLeft) -> None:
        """Start the exporter in place of the previous master's, which finishes its current answers."""
        self._left = None
        self._start()
        if left.bind == self._bind:
            _kill(left.exporter, signal.SIGTERM)
        else:
            _end(left, signal.SIGTERM)

    def _start_again(self) -> None:
        if time.monotonic() >= self._next_start:
            _log.warning("The metrics process has exited; starting another one")
            self._start()

    def _start(self) -> None:
        # Most servers never come here, and the exporter imports http.server.
        from subprocess import DEVNULL, Popen

        from django_pyz_runtime.activation.child_environment import PYTHON
        from django_pyz_runtime.serve.metrics.exporter import START

        config = self._config
        if not self._listener or not config:
            return
        self._next_start = time.monotonic() + _AGAIN_SECONDS
        orders = self._orders(self._listener, f"{config.proc_name}: metrics")
        python = os.environ.get(self._bundle.manifest.env_prefix + PYTHON) or sys.executable
        site_packages = self._bundle.site_packages
        user: dict[str, Any] = {}
        if os.geteuid() == 0 and config.uid:
            user = {"user": config.uid, "group": config.gid, "extra_groups": ()}
        self._process = Popen(
            [python, "-ISB", "-c", START, str(site_packages), str(site_packages / METRICS_FOLDER), orders.to_json()],
            cwd="/",
            # It has no use for secrets.
            env={name: text for name, text in os.environ.items() if name in _KEPT_VARIABLES},
            pass_fds=(orders.listener, orders.counters),
            stdin=DEVNULL,
            **user,
        )

    def _orders(self, listener: socket.socket, title: str) -> Orders:
        from django_pyz_runtime.serve.metrics.exporter import Orders

        manifest = self._bundle.manifest
        packages = {one["name"]: one["version"] for one in manifest.sbom.get("components", ())}
        release = {"version": manifest.version, "build": self._bundle.build_id, "django": packages.get("django", "")}
        return Orders(title, os.getpid(), listener.fileno(), self._counters.descriptor, release, self._listeners)


def count_refused(left: MetricsLeft | None) -> None:
    """Count a refused reload when there is no master to do so.

    Args:
        left: what the last one has left.
    """
    if left and left.format == counters.FORMAT:
        with contextlib.suppress(OSError):
            Counters(left.counters).count_reload(is_refused=True)


def _end(left: MetricsLeft, how: signal.Signals = signal.SIGKILL) -> None:
    """Stop an exporter, and close its socket."""
    _kill(left.exporter, how)
    with contextlib.suppress(OSError):
        os.close(left.listener)
    if os.path.isabs(left.name):
        with contextlib.suppress(OSError):
            os.unlink(left.name)


def _kill(pid: int, how: signal.Signals) -> None:
    if is_there(pid):
        os.kill(pid, how)
        if how == signal.SIGKILL:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
