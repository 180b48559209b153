"""If a new master fails although the dry run passed, as when a file changed in between, the old workers keep running.

They are children of this process, which has replaced their master, so this process has to manage them.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from typing import NamedTuple

from django_pyz_runtime.errors import ERROR, write
from django_pyz_runtime.secrets.redaction import redacted_reason
from django_pyz_runtime.serve.metrics.metrics import count_refused
from django_pyz_runtime.serve.reload.handover import Handover, Invocation, name_of
from django_pyz_runtime.serve.reload.notify import Notifier, headline
from django_pyz_runtime.serve.reload.old_workers import OldWorkers
from django_pyz_runtime.serve.reload.reload import Reload, allow_signals

_PATIENCE_SECONDS = 35.0
"""For workers that are to end: gunicorn's graceful_timeout, which no configuration could be read for, and a little."""
_RELOAD, _STOP = (signal.SIGHUP, signal.SIGUSR2), (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
_PAUSE_SECONDS = 0.1


class Fallback(NamedTuple):
    """Keeps the old workers if the new master fails.

    Attributes:
        handover: from the previous master.
        invocation: how to try again.
        notifier: tells the service manager.
    """

    handover: Handover
    invocation: Invocation
    notifier: Notifier

    def watch(self, serve: Callable[[], int]) -> int:
        """Run a master to its end. If it fails while old workers serve, keep them until a signal arrives.

        Args:
            serve: runs it; its exit code or exception is passed on if there are no old workers.

        Returns:
            The exit code.
        """
        old_workers = OldWorkers(self.handover.workers, _PATIENCE_SECONDS)
        try:
            if not (code := serve()) or not old_workers.look():
                return code
            reason = "the new release has exited, see the log above"
        except (Exception, SystemExit) as error:
            # Nor is there anybody for a worker of the new master, which ends in this way.
            if not old_workers.look():
                raise
            reason = redacted_reason(error)
        return self._keep(old_workers, reason)

    def _keep(self, old_workers: OldWorkers, reason: str) -> int:
        came: list[int] = []
        for number in (*_RELOAD, *_STOP):
            signal.signal(number, lambda number, frame: came.append(number))
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        allow_signals()
        self._refuse(reason)
        reload = Reload(self.invocation, lambda: self._handover(old_workers), self.notifier)
        while old_workers.look():
            self.notifier.alive()
            called = came.pop(0) if came else 0
            if called in _STOP:
                self.notifier.stopping("stopping")
                reload.stop()
                old_workers.end(signal.SIGTERM if called == signal.SIGTERM else signal.SIGQUIT)
            elif not old_workers.are_leaving:
                self._follow(reload, came, is_wanted=called in _RELOAD)
            time.sleep(_PAUSE_SECONDS)
        return 0 if old_workers.are_leaving else 1

    def _follow(self, reload: Reload, came: list[int], *, is_wanted: bool) -> None:
        """On request, test the current file; it takes over once the test has passed."""
        if is_wanted:
            self.notifier.reloading("testing the current file and configuration")
        if refusal := reload.follow(lambda: reload.take_place(lambda: bool(came)), is_wanted=is_wanted):
            self._refuse(refusal)

    def _handover(self, old_workers: OldWorkers) -> Handover:
        """The handover to the next master.

        Raises:
            OSError: a socket has changed.
        """
        for listener in self.handover.listeners:
            with socket.socket(fileno=os.dup(listener.descriptor)) as found:
                if name_of(found.getsockname()) != listener.name:
                    raise OSError("the listening sockets have been closed: restart the service")
        return self.handover._replace(master=os.getpid(), workers=old_workers.look())

    def _refuse(self, reason: str) -> None:
        write(f"Reload failed, the old workers keep running; the next reload tries again:\n{reason}\n", ERROR)
        self.notifier.refused(f"reload refused: {headline(reason)}", reason)
        count_refused(self.handover.metrics)
