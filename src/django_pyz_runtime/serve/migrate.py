"""`runserve --migrate`."""

from __future__ import annotations

import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType

from django_pyz_runtime.activation.code_path import leave_server
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import ERROR, UserError, as_said, tell, write
from django_pyz_runtime.release.away import EXIT_CODE, DatabaseAway, OutOfTime, Patience, is_away
from django_pyz_runtime.secrets.redaction import redacted, redacted_error
from django_pyz_runtime.serve.reload.notify import Notifier, headline
from django_pyz_runtime.serve.server import Wait, exit_code

_AGAIN = 113
"""The exit code of a child that has waited for a database, and done nothing else."""
_LONGEST = 1000


def migrate(bundle: Bundle, arguments: Arguments, notifier: Notifier, wait: Wait | None) -> int:
    """Apply migrations in a child, so that this process stays free of the project's code.

    A signal to stop is passed on, and the child's end waited for. A child that had to wait for a database has done no
    more than that, and another one migrates.

    Args:
        bundle: this one.
        arguments: of the command line; what it configures holds for `migrate` too.
        notifier: gets what the child waits for.
        wait: for a database that is away; None to fail at once.

    Returns:
        The exit code of `migrate`; 75 where a database was away for too long.
    """
    while (code := _in_child(bundle, arguments, notifier, wait)) == _AGAIN:
        pass
    return code if code >= 0 else 128 - code


def _in_child(bundle: Bundle, arguments: Arguments, notifier: Notifier, wait: Wait | None) -> int:
    sys.stdout.flush()
    said, say = os.pipe()
    child = os.fork()
    if child == 0:
        _run_and_exit(bundle, arguments, wait, lambda text: _tell(say, text))
    os.close(say)

    def pass_on(number: int, frame: FrameType | None) -> None:
        os.kill(child, number)

    # Ctrl-C reaches the child by itself.
    before = signal.signal(signal.SIGTERM, pass_on), signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return _watch(child, said, notifier)
    finally:
        os.close(said)
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])


def _tell(pipe: int, text: str) -> None:
    os.write(pipe, f"{text[:_LONGEST]}\n".encode())


def _watch(child: int, pipe: int, notifier: Notifier) -> int:
    """Pass on what a child waits for until it has ended; the exit code, negative for a signal.

    A process that the child leaves behind may keep the pipe open.
    """
    waits_for, is_open = "", True
    while is_open:
        if select.select([pipe], [], [], 1)[0]:
            lines = os.read(pipe, 65536).decode(errors="replace").splitlines()
            waits_for, is_open = (lines or [""])[-1], bool(lines)
        elif (ended := os.waitpid(child, os.WNOHANG))[0]:
            return os.waitstatus_to_exitcode(ended[1])
        if waits_for:
            notifier.waiting(waits_for)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _run_and_exit(bundle: Bundle, arguments: Arguments, wait: Wait | None, tell_waiting: Callable[[str], None]) -> None:
    code = 1
    try:
        code = _migrate(bundle, arguments, wait, tell_waiting)
    except OutOfTime as error:
        told = redacted_error(error)
        tell_waiting(headline(as_said(str(told))))
        tell(told)
        code = EXIT_CODE
    except UserError as error:
        tell(redacted_error(error))
        code = 2
    except SystemExit as stop:
        # As manage.py ended: after an error that Django has told, or just so.
        code = exit_code(stop)
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BaseException:
        write(redacted(traceback.format_exc()), ERROR)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _migrate(bundle: Bundle, arguments: Arguments, wait: Wait | None, tell_waiting: Callable[[str], None]) -> int:
    """Run it as the project's manage.py would, which may prepare things for the settings."""
    from django.db import DatabaseError

    from django_pyz_runtime.activation.prepare import load
    from django_pyz_runtime.commands.management import manage
    from django_pyz_runtime.serve.edge.checks import connect

    # gunicorn is the project's own in a management command.
    leave_server(bundle.site_packages)
    try:
        return manage(bundle, arguments.with_command("migrate", "--noinput"), tell_waiting)
    except (DatabaseError, DatabaseAway) as error:
        if wait and is_away(error):
            parent = os.getppid()
            Patience(wait.limit_seconds, tell_waiting, lambda: os.getppid() == parent).until(wait.connect)
            return _AGAIN
        connect(load(bundle, arguments).command(bundle.executable.name))
        raise
