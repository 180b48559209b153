"""gunicorn with the project's configuration, told in the words of settings.ini when something is wrong."""

from __future__ import annotations

import contextlib
import mmap
import os
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import AppImportError

from django_pyz_runtime.complaints import Complaint

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from gunicorn.workers.base import Worker


class Server(BaseApplication):
    """A gunicorn application that is configured by a dictionary.

    Args:
        settings: gunicorn settings by name; unknown to this version of gunicorn are passed over.
        load: imports the WSGI application, in each worker.
        check: run by the first worker before it serves; not by later ones, so that a database that is away for a
            while cannot keep a lost worker from being replaced.
    """

    def __init__(
        self, settings: Mapping[str, Any], load: Callable[[], WSGIApplication], check: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._load = load
        self._check = check
        self._news = _News()
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
        self.cfg.set("post_worker_init", self._worker_is_ready)

    def load(self) -> Any:
        """Import the application in a worker. What fails is told once, by whichever worker is first."""
        try:
            application = self._load()
            if not self._news.someone_serves():
                self._check()
        except Exception as error:
            self._give_up(error)
        return application

    def _worker_is_ready(self, worker: Worker) -> None:
        self._news.say_serving()

    def _give_up(self, error: Exception) -> NoReturn:
        if self._news.is_first_failure():
            if isinstance(error, Complaint):
                raise AppImportError(str(error)) from None
            traceback.print_exception(error)
        raise SystemExit(Arbiter.APP_LOAD_ERROR if isinstance(error, Complaint) else Arbiter.WORKER_BOOT_ERROR)

    def serve(self) -> int:
        """Run until a signal stops it.

        Returns:
            0 after a stop; 2 where the configuration kept the application from loading, 1 where its code did.
        """
        try:
            Arbiter(self).run()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0
            return {Arbiter.APP_LOAD_ERROR: 2, Arbiter.WORKER_BOOT_ERROR: 1}.get(code, code)
        return 0


class _News:
    """What the workers of a server tell each other."""

    def __init__(self) -> None:
        self._serving = mmap.mmap(-1, 1)
        self._read, write = os.pipe()
        os.set_blocking(self._read, False)
        os.write(write, b"1")
        os.close(write)

    def someone_serves(self) -> bool:
        """Whether a worker has ever been ready."""
        return self._serving[0] != 0

    def say_serving(self) -> None:
        """A worker is ready."""
        self._serving[0] = 1

    def is_first_failure(self) -> bool:
        """True for one caller in all workers."""
        with contextlib.suppress(BlockingIOError):
            return bool(os.read(self._read, 1))
        return False
