"""Whether the default database is there, found out before the first request does."""

from __future__ import annotations

import logging
import os

from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.serve.health import check_databases
from django_pyz_runtime.serve.migrations import missing_migrations

log = logging.getLogger("django_pyz.serve")


def check_database(script: str) -> None:
    """Look whether the default database is there, before the first request finds out.

    Args:
        script: the program's name, for the hint.

    Raises:
        Complaint: it is missing, or does not answer.
    """
    from django.db import DEFAULT_DB_ALIAS, connections

    connection = connections[DEFAULT_DB_ALIAS]
    name = str(connection.settings_dict["NAME"])
    hint = f"Run `{script} migrate` first, or `{script} runserve --migrate`."
    if connection.vendor == "sqlite" and os.path.isabs(name) and not os.path.exists(name):
        raise Complaint(f"the database {name} does not exist", hint=hint)
    connect(script)
    if missing := missing_migrations():
        log.warning("%d migrations are not applied, the first is %s. %s", len(missing), missing[0], hint)


def connect(script: str) -> None:
    """Connect to the default database once.

    Raises:
        Complaint: it does not answer.
    """
    from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "unknown":
        return
    try:
        check_databases([connection])
    except DatabaseError as error:
        name = connection.settings_dict["NAME"]
        raise Complaint(
            f"the database {str(name)!r} ({connection.vendor}) does not answer: {str(error).strip()}",
            hint=f"Check that it runs, and DATABASES: `{script} pyz config explain DATABASES`.",
        ) from error
    finally:
        connection.close()
