"""gunicorn's arbiter as a service: it tells the truth about itself, and a reload is an upgrade without a gap."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.errors import HaltServer
from gunicorn.sock import create_sockets

from django_pyz_runtime.activation import process_title
from django_pyz_runtime.serve.anonymous_file import use_for_workers
from django_pyz_runtime.serve.metrics.metrics import NoMetrics
from django_pyz_runtime.serve.reload.arbiter import PatientArbiter
from django_pyz_runtime.serve.reload.handover import Handover, Listener, Service, name_of
from django_pyz_runtime.serve.reload.notify import headline
from django_pyz_runtime.serve.reload.old_workers import OldWorkers
from django_pyz_runtime.serve.reload.reload import Reload, allow_signals

_STOPS_TO_ACCEPT_SECONDS = 1.5
"""A stopping worker accepts no new connections after that: gunicorn's ASGI worker checks every second."""
_log = logging.getLogger("gunicorn.error")


class Master(PatientArbiter):
    """The arbiter.

    Args:
        app: as for gunicorn.
        service: how this process was started, and whom it reports to.
        failure: returns why a worker could not load the site; "" if none has failed since the last call.
        waits_for: returns what the workers wait for, a line; "" for nothing.
        begin_gate: watches the gate in a folder from then on, and returns its path; "" for none.
        metrics: those to expose, if any.
    """

    def __init__(
        self,
        app: BaseApplication,
        service: Service,
        failure: Callable[[], str],
        waits_for: Callable[[], str] = lambda: "",
        begin_gate: Callable[[Path], str] = lambda folder: "",
        metrics: NoMetrics | None = None,
    ) -> None:
        self._metrics = metrics or NoMetrics()
        self._begin_gate = begin_gate
        self._service = service
        self._notifier = service.notifier
        self._failure = failure
        self._waits_for = waits_for
        self._reload = Reload(service.invocation, self._handover, service.notifier)
        self._binds: list[str] = []
        self._told = ""
        self._is_ready = False
        use_for_workers()
        super().__init__(app)
        workers = service.handover.workers if service.handover else ()
        self._old_workers = OldWorkers(workers, self.cfg.graceful_timeout + 5)

    def start(self) -> None:
        """Listen, on the sockets that were handed over, if any."""
        handover = self._service.handover
        if handover and not self.cfg.reuse_port:
            self.systemd = handover.is_passed
            listeners, self._binds = taken_over(self.cfg, self.log, handover)
            vars(self).update(LISTENERS=listeners)
        super().start()
        process_title.show_title(f"{self.proc_name}: master")
        if not self._binds:
            binds = [""] * len(self.LISTENERS) if self.systemd else self.cfg.settings["bind"].get()
            self._binds = binds[: len(self.LISTENERS)]
        self._metrics.begin(self.cfg, self.LISTENERS)
        allow_signals()

    def init_signals(self) -> None:
        """From here on, reloads are possible."""
        super().init_signals()
        record = self._notifier.record
        record.begin(self._service.data)
        if record.path:
            record.say(gate=self._begin_gate(Path(record.path).parent))

    def spawn_worker(self) -> Any:
        """Start a worker, which may find room for what it counts."""
        self._metrics.before_fork(self._living())
        pid: int = super().spawn_worker()
        self._metrics.after_fork(pid)
        return pid

    def murder_workers(self) -> None:
        """Replace the workers that do not respond; gunicorn's loop comes here at every turn."""
        if not self._is_ready and (waits_for := self._waits_for()):
            self.have_patience()
            self._notifier.waiting(waits_for)
        super().murder_workers()
        self._tell_when_ready()
        self._tend_metrics()
        self._follow_reload()
        if self._lives():
            self._notifier.alive()

    def reap_workers(self) -> None:
        """Reap exited workers; one that cannot load the site stops the server, unless others serve."""
        old_workers = self._old_workers.look()
        try:
            super().reap_workers()
        except HaltServer:
            if old_workers and not self._old_workers.are_leaving:
                self._give_up()
            elif not self.loaded:
                raise
            else:
                reason = self._failure() or "see the error above"
                _log.error("A worker could not load the site; the others keep running:\n%s", reason)

    def handle_hup(self) -> None:
        """Test the current file and configuration; they take over once the test has passed."""
        _log.info("Reloading: testing %s", self._service.invocation.executable)
        if self._is_ready:
            self._notifier.reloading("testing the current file and configuration")
        self._follow_reload(is_wanted=True)

    # gunicorn's own would start a second master, which the service manager knows nothing of.
    handle_usr2 = handle_hup

    def stop(self, graceful: bool = True) -> None:
        """Stop the workers, those of the previous master as well."""
        self._notifier.stopping("stopping")
        self._reload.stop()
        self._old_workers.end(signal.SIGTERM if graceful else signal.SIGQUIT)
        super().stop(graceful)
        self._old_workers.wait()
        self._metrics.end()

    def _tell_when_ready(self) -> None:
        old_workers = self._old_workers.look()
        if not old_workers and not self.num_workers:
            raise HaltServer("No worker can load the site, and the old ones are gone.", self.WORKER_BOOT_ERROR)
        if old_workers and 0 < self.num_workers <= self.loaded and not self._old_workers.are_leaving:
            _log.info("The new workers are serving; stopping %d old ones", len(old_workers))
            self._old_workers.end()
        status = f"{self.loaded} of {self.num_workers} workers, release {self._service.release}"
        is_alone = not old_workers or self._old_workers.told_seconds_ago > _STOPS_TO_ACCEPT_SECONDS
        if not self._is_ready and self.loaded and is_alone:
            self._is_ready = True
            self._notifier.ready(status, is_busy=self._reload.is_busy)
            if self._service.handover:
                self._metrics.count_reload(is_refused=False)
        elif self._is_ready and status != self._told and self.num_workers:
            self._notifier.status(status)
        self._told = status

    def _tend_metrics(self) -> None:
        old_workers = [] if self._old_workers.are_leaving else self._old_workers.look()
        alive = self.loaded + len(old_workers)
        # None of its own workers could load the site, so those of the previous master keep running.
        wanted = self.num_workers or len(old_workers)
        self._metrics.tend(wanted, alive, self._living(), is_ready=self._is_ready and self.num_workers > 0)

    def _living(self) -> list[int]:
        """The process ids of all workers."""
        return [*self._old_workers.look(), *self.WORKERS]

    def _follow_reload(self, *, is_wanted: bool = False) -> None:
        if refusal := self._reload.follow(self._hand_over, is_wanted=is_wanted):
            self._refuse(refusal)

    def _hand_over(self) -> None:
        _log.info("Reloading: the test passed; handing over")
        try:
            self.cfg.pre_exec(self)
        except Exception:  # a hook of the project's, which may raise what it likes
            _log.exception("The hook pre_exec failed")
        # The next master knows its own file only where it has made it.
        if self.pidfile:
            self.pidfile.unlink()
        try:
            self._reload.take_place(self._is_called)
        finally:
            if self.pidfile:
                self.pidfile.create(self.pid)

    def _is_called(self) -> bool:
        """Whether a signal is pending; the next master would not get it."""
        return not self.SIG_QUEUE.empty()

    def _refuse(self, reason: str) -> None:
        _log.error("Reload refused, the running workers are unchanged:\n%s", reason)
        self._notifier.refused(f"reload refused: {headline(reason)}", reason, is_ready=self._is_ready)
        self._metrics.count_reload(is_refused=True)

    def _give_up(self) -> None:
        """Keep the workers of the previous master, as none of this one's can load the site."""
        self.num_workers = 0
        self._is_ready = True
        self.kill_workers(signal.SIGTERM)
        self._refuse(self._failure() or "a worker could not load the site")

    def _handover(self) -> Handover:
        listeners = left_to_next(self.LISTENERS, self._binds)
        return Handover(self.pid, listeners, self.systemd, self._living(), self._metrics.left())

    def _lives(self) -> bool:
        """Whether a worker has sent a heartbeat within its timeout."""
        ages = (time.monotonic() - worker.tmp.last_update() for worker in self.WORKERS.values())
        serving_still = [] if self._old_workers.are_leaving else self._old_workers.look()
        return any(not self.timeout or age <= self.timeout for age in ages) or bool(serving_still)


def taken_over(config: Config, log: Any, handover: Handover) -> tuple[list[Any], list[str]]:
    """gunicorn's listeners as a configuration wants them: those that are there already, and new ones.

    Args:
        config: gunicorn's.
        log: gunicorn's.
        handover: with the sockets that are there; those that are wanted no more are closed.

    Returns:
        The listeners, and as what each is configured.
    """
    if handover.is_passed:
        descriptors = [listener.descriptor for listener in handover.listeners]
        return create_sockets(config, log, descriptors), [""] * len(descriptors)
    binds: list[str] = config.settings["bind"].get()
    kept = [handover.keeps(*one) for one in zip(binds, config.address, strict=True)]
    for listener in handover.listeners:
        if listener not in kept:
            _close(listener)
    opened = [
        create_sockets(config, log, [one.descriptor]) if one else create_sockets(_only(config, bind), log)
        for one, bind in zip(kept, binds, strict=True)
    ]
    return [listener for group in opened for listener in group], binds


def left_to_next(listeners: Sequence[Any], binds: Sequence[str]) -> list[Listener]:
    """The sockets, to be handed over.

    Args:
        listeners: gunicorn's.
        binds: as what each is configured.
    """
    return [
        Listener(bind, name_of(listener.getsockname()), listener.fileno())
        for listener, bind in zip(listeners, binds, strict=True)
    ]


def _only(config: Config, bind: str) -> Config:
    """The same configuration with one address."""
    settings = {**config.settings, "bind": type(config.settings["bind"])()}
    settings["bind"].set([bind])
    one = Config()
    one.settings = settings
    return one


def _close(listener: Listener) -> None:
    os.close(listener.descriptor)
    if os.path.isabs(listener.name):
        with contextlib.suppress(OSError):
            os.unlink(listener.name)
