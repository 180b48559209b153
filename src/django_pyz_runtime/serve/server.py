"""gunicorn with the project's configuration; errors are reported in terms of settings.ini."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from django_pyz_runtime.activation import gc_pause, process_title
from django_pyz_runtime.activation.prepare import run_first
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.config.resolved import data_dir
from django_pyz_runtime.data.database_files import unusable
from django_pyz_runtime.errors import ERROR, WARNING, UserError, write
from django_pyz_runtime.release.away import EXIT_CODE, DatabaseAway, OutOfTime, Patience, is_away
from django_pyz_runtime.release.gate import Gate
from django_pyz_runtime.secrets.redaction import redacted_reason
from django_pyz_runtime.serve.edge.measured import after_answer
from django_pyz_runtime.serve.edge.script_name import complete
from django_pyz_runtime.serve.edge.shared import Shared
from django_pyz_runtime.serve.fork import close_opened, peers, warn_of_shared
from django_pyz_runtime.serve.metrics.counters import Meter
from django_pyz_runtime.serve.metrics.metrics import NoMetrics
from django_pyz_runtime.serve.reload.arbiter import has_loaded
from django_pyz_runtime.serve.reload.handover import Service
from django_pyz_runtime.serve.reload.master import Master
from django_pyz_runtime.serve.reload.notify import Notifier, headline
from django_pyz_runtime.serve.reload.worker_mail import CheckOnce, SharedLine, WorkerMail
from django_pyz_runtime.serve.settings.interface import WorkerClass, interface_of
from django_pyz_runtime.serve.settings.log import (
    begin_logging,
    introduce,
    join_python_logging,
    keep_loggers,
    process_fields,
)

_CANNOT_LOAD = {Arbiter.APP_LOAD_ERROR: 2, Arbiter.WORKER_BOOT_ERROR: 1}
"""The status that a worker ends with which cannot load the site, for a mistake of the user's and for a bug, and the
server's exit code for each. gunicorn's master, where it gives up for it, ends with the same status
(gunicorn.arbiter.Arbiter.reap_workers)."""

_log = logging.getLogger("django_pyz.serve")


class Wait(NamedTuple):
    """How to wait for a database.

    Attributes:
        connect: connects to all databases; raises DatabaseAway where one is away.
        limit_seconds: 0 for as long as it takes.
    """

    connect: Callable[[], None]
    limit_seconds: float


class Server(BaseApplication):
    """A gunicorn application that is configured by a dictionary.

    Args:
        settings: gunicorn settings by name.
        load: imports the application, WSGI or ASGI as the worker class wants it, in each worker.
        check: run by the first worker before it serves; not by later ones, so that a database that is away for a
            while cannot keep a lost worker from being replaced.
        close: closes what both have opened, where they were run before workers are forked.
        wait: for a database that is away at the start; None to fail at once.
        gate: which an upgrade may close.
        metrics: exposed by the master, if any.

    Attributes:
        failure: says why a worker could not load the application; "" where none has failed since this was last asked.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        load: Callable[[], Any],
        check: Callable[[], None],
        close: Callable[[], None] = lambda: None,
        wait: Wait | None = None,
        gate: Gate | None = None,
        metrics: NoMetrics | None = None,
    ) -> None:
        self._gate = gate or Gate()
        self._metrics = metrics or NoMetrics()
        self._settings = settings
        self._load = load
        self._check = check
        self._close = close
        self._wait = wait
        self._waits_for = SharedLine()
        self._out_of_time = WorkerMail()
        self._notifier = Notifier("")
        self._checked = CheckOnce()
        self._mail = WorkerMail()
        self.failure = self._mail.take
        self._worker: Worker | None = None
        super().__init__()

    def do_load_config(self) -> None:
        """Configure; errors are raised, not printed."""
        self.load_default_config()
        self.load_config()

    def load_config(self) -> None:
        """Put the dictionary into gunicorn's configuration."""
        for name, value in self._settings.items():
            self.cfg.set(name, value)
        before_fork, after_fork = self.cfg.pre_fork, self.cfg.post_fork

        def pre_fork(arbiter: Arbiter, worker: Worker) -> None:
            self._worker = worker
            before_fork(arbiter, worker)

        def post_fork(arbiter: Arbiter, worker: Worker) -> None:
            process_title.show_title(f"{self.cfg.proc_name}: worker {worker.age}")
            process_fields["worker"] = worker.age
            self._metrics.begin_worker()
            after_fork(arbiter, worker)

        self.cfg.set("pre_fork", pre_fork)
        self.cfg.set("post_fork", post_fork)
        if interface_of(self._settings.get("worker_class", "sync")) == "wsgi":
            self._complete_paths()
            if self._metrics.meter:
                self._count_answers(self._metrics.meter)

    def _complete_paths(self) -> None:
        """Look at each request before gunicorn takes SCRIPT_NAME out of its path."""
        own_hook = self.cfg.pre_request

        def pre_request(worker: Worker, request: Any) -> None:
            complete(request)
            own_hook(worker, request)

        self.cfg.set("pre_request", pre_request)

    def _count_answers(self, meter: Meter) -> None:
        """Count each request when it has its answer."""
        own_hook = self.cfg.post_request
        has_hook = own_hook is not self.cfg.settings["post_request"].default
        self.cfg.set("post_request", after_answer(meter, own_hook if has_hook else None))

    def load(self) -> Any:
        """Import the application in a worker. The master reports a failure, as its last message."""
        before = peers()
        try:
            application = self._load()
            self._checked.once(self._check_patiently)
            if not self._worker:
                self._close()
        except (Exception, SystemExit) as error:
            self._give_up(self._waited(error))
        if self._worker:
            has_loaded(self._worker)
        else:
            warn_of_shared(before)
        return application

    def load_and_check(self) -> None:
        """Import the application and check it, as the first worker does; errors are raised."""
        self._load()
        self._check()

    def _check_patiently(self) -> None:
        if self._wait:
            self._patience(self._wait).until(self._check)
        else:
            self._check()

    def _patience(self, wait: Wait) -> Patience:
        def is_wanted() -> bool:
            return not self._worker or (self._worker.alive and self._worker.ppid == os.getppid())

        return Patience(wait.limit_seconds, self._tell_waiting, is_wanted)

    def _tell_waiting(self, text: str) -> None:
        self._waits_for.write(text)
        if text and not self._worker:
            self._notifier.waiting(text)

    def _waited(self, error: Exception | SystemExit) -> Exception | SystemExit:
        """The error, unless it is that the site asks a database which is away while it is imported: that is waited for.

        Raises:
            SystemExit: in a worker, so that another one takes its place: nothing can be imported twice.
        """
        wait = self._wait
        # Before the import, nothing has queried a database.
        if not wait or "django.db" not in sys.modules or not is_away(error) or isinstance(error, DatabaseAway):
            return error
        try:
            self._checked.alone(lambda: self._patience(wait).until(wait.connect))
        except (Exception, SystemExit) as instead:
            return instead
        if not self._worker:
            return OutOfTime(redacted_reason(error), hint="The database answers now: start again.")
        _log.warning("The database was unreachable while the site was loading; another worker tries again: %s", error)
        time.sleep(1)
        raise SystemExit(0)

    def _give_up(self, error: Exception | SystemExit) -> NoReturn:
        if isinstance(error, SystemExit) and not error.code and self._worker and not self._worker.alive:
            # A signal has stopped this worker (Worker.handle_quit).
            raise error
        self._mail.leave(redacted_reason(error))
        if isinstance(error, OutOfTime):
            self._out_of_time.leave("yes")
        raise SystemExit(Arbiter.APP_LOAD_ERROR if isinstance(error, UserError) else Arbiter.WORKER_BOOT_ERROR)

    def serve(self, service: Service) -> int:
        """Run until a signal stops it.

        Args:
            service: how this process was started, and whom it reports to.

        Returns:
            0 after a stop; 2 where the configuration kept the application from loading, 1 where its code did, 75 where
            a database was away for too long.
        """
        master = os.getpid()
        self._notifier = service.notifier
        try:
            self._master(service).run()
        except SystemExit as stop:
            if os.getpid() != master:
                raise
            self._tell_failure(service)
            if self._out_of_time.take():
                return EXIT_CODE
            code = exit_code(stop)
            return _CANNOT_LOAD.get(code, code)
        return 0

    def _tell_failure(self, service: Service) -> None:
        if failure := self.failure():
            write(failure, ERROR)
            service.notifier.status(headline(failure))

    def _master(self, service: Service) -> Master:
        try:
            return Master(self, service, self.failure, self._waits_for.read, self._gate.begin, self._metrics)
        except RuntimeError as error:
            # What gunicorn raises for a log configuration that it cannot use.
            raise UserError(f"gunicorn: {error}", hint="See the section [gunicorn].") from None


def exit_code(stop: SystemExit) -> int:
    """The exit code that Python would make of it; a text is printed, as Python would (sys.exit)."""
    if isinstance(stop.code, str):
        write(f"{stop.code}\n", ERROR)
        return 1
    return stop.code or 0


def server_of(
    bundle: Bundle,
    configuration: Configuration,
    settings: dict[str, Any],
    wait: Wait | None,
    metrics: NoMetrics,
    *,
    is_dry_run: bool,
) -> Server:
    """The server of a site.

    Args:
        bundle: what is served.
        configuration: free of problems.
        settings: gunicorn's, by name.
        wait: for a database that is away at the start; None to fail at once.
        metrics: those to expose, if any.
        is_dry_run: whether this only tests that the site can be served.
    """
    script = bundle.executable.name
    command = configuration.command(script)
    introduce(bundle.release, configuration.get("log", "format"))
    ahead = SharedLine()
    shared = Shared(Gate(), lambda: bool(ahead.read()), metrics.meter, metrics.say_pending)

    def load() -> Any:
        handler = begin_logging(configuration.get("log", "level"), configuration.get("log", "format"))
        gc_pause.put_off()
        run_first(configuration)
        try:
            application = _load(bundle, configuration, settings["worker_class"], shared)
        except Exception as error:
            if told := unusable(error, data_dir(bundle.manifest, configuration)):
                raise told from error
            raise
        finally:
            keep_loggers()
        gc_pause.resume()
        join_python_logging(handler)
        return application

    def check() -> None:
        from django.conf import settings as django_settings

        from django_pyz_runtime.serve.edge.checks import check_database, judge, pending

        found = check_database(bundle, command)
        ahead.write("ahead" if any(state.ahead for state in found) else "")
        metrics.say_pending(pending(found))
        judge(bundle, found, configuration.get("serve", "migrations"), is_dry_run=is_dry_run)
        if django_settings.DEBUG:
            write(f"{script}: {_how_to_end_debug(configuration)} before others can reach this site.\n", WARNING)

    return Server(settings, load, check, close_opened, wait, shared.gate, metrics)


def _how_to_end_debug(configuration: Configuration) -> str:
    """What to say of DEBUG, which the configuration has set: the local settings have the last word."""
    value = configuration.values.get(("settings", "DEBUG"))
    local = configuration.get("project", "local_settings")
    if local and (value is None or value.text.lower() in ("false", "no", "off", "0")):
        return f"DEBUG is on ({local}): set DEBUG = False there"
    source = f" ({value.source})" if value else ""
    return f"DEBUG is on{source}: set [settings] DEBUG = false"


def wait_for_databases(bundle: Bundle, configuration: Configuration) -> Wait:
    """As `[serve] database_wait` says.

    Args:
        bundle: what is served.
        configuration: free of problems.
    """

    def connect() -> None:
        from django_pyz_runtime.serve.edge.checks import connect_all

        connect_all(configuration.command(bundle.executable.name))

    return Wait(connect, configuration.get("serve", "database_wait"))


def _load(
    bundle: Bundle,
    configuration: Configuration,
    worker_class: WorkerClass,
    shared: Shared,
) -> Any:
    if interface_of(worker_class) == "asgi":
        from django_pyz_runtime.serve.edge.asgi import load_asgi_application

        return load_asgi_application(bundle, configuration, shared)
    from django_pyz_runtime.serve.edge.application import load_application

    return load_application(bundle, configuration, shared)
