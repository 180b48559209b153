"""`runserve --migrate`."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from types import FrameType

from django_pyz_runtime.activate import refused
from django_pyz_runtime.complaints import Complaint, tell


def migrate(script: str) -> int:
    """Apply migrations in a child, so that this process stays free of the project's code.

    A signal to stop is passed on, and the child's end waited for.

    Args:
        script: the program's name, for messages.

    Returns:
        The exit code of `migrate`.
    """
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _run_and_exit(script)

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


def _run_and_exit(script: str) -> None:
    code = 1
    try:
        _migrate(script)
        code = 0
    except Complaint as complaint:
        tell(complaint)
        code = 2
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _migrate(script: str) -> None:
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command

    from django_pyz_runtime.serve.application import connect

    try:
        django.setup()
        connect(script)
        call_command("migrate", interactive=False)
    except ImproperlyConfigured as error:
        raise refused(error) from error
    except CommandError as error:
        raise Complaint(f"migrate: {error}") from error
