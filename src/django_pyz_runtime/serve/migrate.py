"""`runserve --migrate`."""

from __future__ import annotations

import os
import sys
import traceback

from django_pyz_runtime.complaints import Complaint, tell


def migrate() -> int:
    """Apply migrations in a child, so that this process stays free of the project's code.

    Returns:
        The exit code of `migrate`.
    """
    sys.stdout.flush()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        code = _migrate_here()
    except Complaint as complaint:
        tell(complaint)
        code = 2
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _migrate_here() -> int:
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command

    try:
        django.setup()
        call_command("migrate", interactive=False)
    except ImproperlyConfigured as error:
        raise Complaint(f"{os.environ['DJANGO_SETTINGS_MODULE']}: {error}") from error
    except CommandError as error:
        raise Complaint(f"migrate: {error}") from error
    return 0
