"""A new master that fails although the try went well, as a file was changed in between: the workers of before go on.

Nobody else could look after them: they are children of this process, which has taken the place of their master.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from django_pyz_runtime.complaints import Complaint, as_told
from django_pyz_runtime.redaction import redacted
from django_pyz_runtime.serve.former import FormerWorkers
from django_pyz_runtime.serve.handover import Handover
from django_pyz_runtime.serve.invocation import Invocation
from django_pyz_runtime.serve.notify import Notifier, headline

_PATIENCE_SECONDS = 35.0
"""For workers that are to end: gunicorn's graceful_timeout, which no configuration could be read for, and a little."""
_RELOAD, _STOP, _QUIT = (signal.SIGHUP, signal.SIGUSR2), (signal.SIGTERM,), (signal.SIGINT, signal.SIGQUIT)
_TURN_SECONDS = 1.0


@dataclass(frozen=True)
class Caretaker:
    """Stands by while a master starts.

    Attributes:
        handover: what the master before has left.
        invocation: how to try again.
        notifier: tells the service manager.
    """

    handover: Handover
    invocation: Invocation
    notifier: Notifier

    def watch(self, serve: Callable[[], int]) -> int:
        """Run a master to its end. Where it fails while workers of before serve, keep them until a signal comes.

        Args:
            serve: runs it; its exit code, or what it raises, is passed on where nobody is left to care for.

        Returns:
            The exit code.
        """
        former = FormerWorkers(self.handover.workers, _PATIENCE_SECONDS)
        try:
            if not (code := serve()) or not former.look():
                return code
            reason = "the new release has ended, see what the log says above"
        except (Exception, SystemExit) as error:
            # Nor is there anybody for a worker of the new master, which ends in this way.
            if not former.look():
                raise
            reason = as_told(error) if isinstance(error, Complaint) else "".join(traceback.format_exception(error))
        return self._keep(former, redacted(reason))

    def _keep(self, former: FormerWorkers, reason: str) -> int:
        sys.stderr.write(f"Reload failed, the workers of before go on; the next reload tries again:\n{reason}\n")
        self.notifier.ready(f"reload refused: {headline(reason)}")
        signals = {*_RELOAD, *_STOP, *_QUIT, signal.SIGCHLD}
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        while pids := former.look():
            self.notifier.alive()
            found = signal.sigtimedwait(signals, _TURN_SECONDS)
            how = found.si_signo if found else 0
            if how in _RELOAD and not former.are_leaving:
                self._try_again(pids)
            elif how in (*_STOP, *_QUIT):
                self.notifier.stopping("stopping")
                former.end(signal.SIGTERM if how in _STOP else signal.SIGQUIT)
        return 0 if former.are_leaving else 1

    def _try_again(self, pids: list[int]) -> None:
        """Start the file that is there now in this process, with what was left to it."""
        open_ones = [listener for listener in self.handover.listeners if _is_open(listener.descriptor)]
        handover = self.handover._replace(master=os.getpid(), listeners=open_ones, workers=pids)
        self.notifier.reloading("starting the file that is there now")
        try:
            self.invocation.execute(handover)
        except OSError as error:
            self.notifier.ready(f"reload refused: {error}")


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
