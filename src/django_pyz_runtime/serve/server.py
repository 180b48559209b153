"""gunicorn with the project's configuration, told in the words of settings.ini when something is wrong."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from django_pyz_runtime.complaints import Complaint, as_told
from django_pyz_runtime.redaction import redacted
from django_pyz_runtime.serve.arbiter import has_loaded
from django_pyz_runtime.serve.master import Master, Service
from django_pyz_runtime.serve.notify import headline


class Server(BaseApplication):
    """A gunicorn application that is configured by a dictionary.

    Args:
        settings: gunicorn settings by name; unknown to this version of gunicorn are passed over.
        load: imports the application, WSGI or ASGI as the worker class wants it, in each worker.
        check: run by the first worker before it serves; not by later ones, so that a database that is away for a
            while cannot keep a lost worker from being replaced.
    """

    def __init__(self, settings: Mapping[str, Any], load: Callable[[], Any], check: Callable[[], None]) -> None:
        self._settings = settings
        self._load = load
        self._check = check
        self._checked = _OneCheck()
        self._first_to_fail = _Once()
        self._failure = _Letterbox()
        self._worker: Worker | None = None
        super().__init__()

    def do_load_config(self) -> None:
        """Configure; errors are raised, not printed."""
        self.load_default_config()
        self.load_config()

    def load_config(self) -> None:
        """Put the dictionary into gunicorn's configuration."""
        for name, value in self._settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)
        own_hook = self.cfg.pre_fork

        def pre_fork(arbiter: Arbiter, worker: Worker) -> None:
            self._worker = worker
            own_hook(arbiter, worker)

        self.cfg.set("pre_fork", pre_fork)

    def load(self) -> Any:
        """Import the application in a worker. What fails first is told by the master, last."""
        try:
            application = self._load()
            self._checked.once(self._check)
        except (Exception, SystemExit) as error:
            self._give_up(error)
        if self._worker:
            has_loaded(self._worker)
        return application

    def rehearse(self) -> None:
        """Import the application and check it, as the first worker does; errors are raised."""
        self._load()
        self._check()

    def _give_up(self, error: Exception | SystemExit) -> NoReturn:
        if isinstance(error, SystemExit) and not error.code and self._worker and not self._worker.alive:
            # A signal has stopped this worker (Worker.handle_quit).
            raise error
        is_complaint = isinstance(error, Complaint)
        if self._first_to_fail.claim():
            text = as_told(error) if isinstance(error, Complaint) else "".join(traceback.format_exception(error))
            self._failure.leave(redacted(text))
        raise SystemExit(Arbiter.APP_LOAD_ERROR if is_complaint else Arbiter.WORKER_BOOT_ERROR)

    def failure(self) -> str:
        """Why the first worker that failed could not load the application; "" where none did, and once it was read."""
        return self._failure.take()

    def serve(self, service: Service) -> int:
        """Run until a signal stops it.

        Args:
            service: what the server is to the world around it.

        Returns:
            0 after a stop; 2 where the configuration kept the application from loading, 1 where its code did.
        """
        master = os.getpid()
        try:
            self._master(service).run()
        except SystemExit as stop:
            if os.getpid() != master:
                raise
            if failure := self.failure():
                sys.stderr.write(failure)
                service.notifier.status(headline(failure))
            code = stop.code if isinstance(stop.code, int) else 0
            return {Arbiter.APP_LOAD_ERROR: 2, Arbiter.WORKER_BOOT_ERROR: 1}.get(code, code)
        return 0

    def _master(self, service: Service) -> Master:
        try:
            return Master(self, service, self.failure)
        except RuntimeError as error:
            # What gunicorn raises for a log configuration that it cannot use.
            raise Complaint(f"gunicorn: {error}", hint="See the section [gunicorn].") from None


class _Once:
    """Something that one process among a server and its workers may do: a pipe with one byte in it."""

    def __init__(self) -> None:
        self._end, other_end = os.pipe()
        os.set_blocking(self._end, False)
        os.write(other_end, b"1")
        os.close(other_end)

    def claim(self) -> bool:
        """True for the first caller, in whatever process."""
        return bool(os.read(self._end, 1))


class _OneCheck:
    """A check that a server and its workers make once; who comes meanwhile waits, so that nobody serves before its end.

    The lock is one that the system gives back when a process ends (fcntl(2), advisory record locking).
    """

    def __init__(self) -> None:
        self._file, path = tempfile.mkstemp()
        os.unlink(path)

    def once(self, check: Callable[[], None]) -> None:
        """Make the check, unless it has passed in some process already."""
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            if not os.fstat(self._file).st_size:
                check()
                os.write(self._file, b"1")
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)


class _Letterbox:
    """A text that a worker leaves for its master: a pipe, which holds 64 KiB on Linux (pipe(7))."""

    def __init__(self) -> None:
        self._out, self._in = os.pipe()
        os.set_blocking(self._out, False)
        os.set_blocking(self._in, False)

    def leave(self, text: str) -> None:
        """Leave a text; of a very long one, the end."""
        os.write(self._in, text.encode()[-60_000:])

    def take(self) -> str:
        """The text that was left, or ""."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self._out, 65536).decode(errors="replace")
        return ""
