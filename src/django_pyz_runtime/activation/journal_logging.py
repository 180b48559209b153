"""Sends log records to systemd's journal as one entry each, with its priority, whoever has configured the handler.

logging's handlers write text to a stream, and the journal makes each line an entry with priority "info". In a process
whose stream leads to the journal, all handlers send entries instead: those of the project, of Celery, of Python itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django_pyz_runtime.errors import CRITICAL, DEBUG, ERROR, INFO, WARNING, is_journal, with_priority

if TYPE_CHECKING:
    from logging import LogRecord, StreamHandler

fields: dict[str, Callable[[], str]] = {}
"""More fields of each event, by their names in capitals; empty ones are left out."""

_PRIORITIES = ((50, CRITICAL), (40, ERROR), (30, WARNING), (20, INFO))
"""By logging's levels, which are numbers."""


def install() -> None:
    """Change logging's stream handlers, where a stream of this process may lead to the journal."""
    if "JOURNAL_STREAM" not in os.environ:
        return
    from logging import StreamHandler

    own_emit: Callable[[StreamHandler[Any], LogRecord], None] = StreamHandler.emit
    if own_emit.__module__ == __name__:
        return

    def emit(handler: StreamHandler[Any], record: LogRecord) -> None:
        if is_journal(handler.stream):
            _hand_over(handler, record)
        else:
            own_emit(handler, record)

    # Celery and projects make handlers of their own.
    StreamHandler.emit = emit  # type: ignore[method-assign, assignment]  # a handler of streams is all that gets here


def _hand_over(handler: StreamHandler[Any], record: LogRecord) -> None:
    from django_pyz_runtime.journal import send

    try:
        text = handler.format(record)
        priority = next((priority for least, priority in _PRIORITIES if record.levelno >= least), DEBUG)
        told = {name: value for name, give in fields.items() if (value := give())}
        if not send(text, priority, {"LOGGER": record.name, **told}):
            handler.stream.write(with_priority(text, priority) + handler.terminator)
            handler.flush()
    except RecursionError:  # as logging's own: to tell it would end in another one
        raise
    except Exception:
        handler.handleError(record)
