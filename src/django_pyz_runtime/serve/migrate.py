"""`runserve --migrate`."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from types import FrameType

from django_pyz_runtime.activation.code_path import leave_server
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import ERROR, UserError, tell, write
from django_pyz_runtime.secrets.redaction import redacted, redacted_error
from django_pyz_runtime.serve.server import exit_code


def migrate(bundle: Bundle, arguments: Arguments) -> int:
    """Apply migrations in a child, so that this process stays free of the project's code.

    A signal to stop is passed on, and the child's end waited for.

    Args:
        bundle: this one.
        arguments: of the command line; what it configures holds for `migrate` too.

    Returns:
        The exit code of `migrate`.
    """
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _run_and_exit(bundle, arguments)

    def pass_on(number: int, frame: FrameType | None) -> None:
        os.kill(child, number)

    # Ctrl-C reaches the child by itself.
    before = signal.signal(signal.SIGTERM, pass_on), signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    return code if code >= 0 else 128 - code


def _run_and_exit(bundle: Bundle, arguments: Arguments) -> None:
    code = 1
    try:
        _migrate(bundle, arguments)
        code = 0
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


def _migrate(bundle: Bundle, arguments: Arguments) -> None:
    """As the project's manage.py would, which may prepare what the settings need."""
    from django.db import DatabaseError

    from django_pyz_runtime.activation.prepare import load
    from django_pyz_runtime.commands.management import manage
    from django_pyz_runtime.serve.edge.checks import connect

    # gunicorn is the project's own in a management command.
    leave_server(bundle.site_packages)
    try:
        manage(bundle, arguments.with_command("migrate", "--noinput"))
    except DatabaseError:
        connect(load(bundle, arguments).command(bundle.executable.name))
        raise
