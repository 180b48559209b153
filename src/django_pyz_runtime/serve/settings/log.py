"""The server's log: one format and one time zone, UTC, for the master, its workers and Django."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import MutableMapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gunicorn.glogging import Logger

from django_pyz_runtime.errors import CRITICAL, DEBUG, ERROR, INFO, WARNING, is_journal, with_priority
from django_pyz_runtime.secrets.redaction import redacted
from django_pyz_runtime.serve.edge.request_ids import current
from django_pyz_runtime.serve.settings import access_log
from django_pyz_runtime.serve.settings.access_log import Atoms

if TYPE_CHECKING:
    from gunicorn.config import Config

_TIME = "%Y-%m-%d %H:%M:%S +0000"
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
"""Characters that would end a line for some readers, or do something to a terminal."""
_CONTINUED = "\n    "
_PRIORITIES = (
    (logging.CRITICAL, CRITICAL),
    (logging.ERROR, ERROR),
    (logging.WARNING, WARNING),
    (logging.INFO, INFO),
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class _Formatter(logging.Formatter):
    """Times in UTC: Django sets the process's time zone when it loads, gunicorn's own would change.

    Args:
        form: as for logging.Formatter.
        in_journal: whether the lines get the priority that systemd's journal takes off them.
    """

    converter = staticmethod(time.gmtime)
    form: str | None = None

    def __init__(self, *, in_journal: bool = False) -> None:
        super().__init__(self.form, _TIME)
        self._in_journal = in_journal

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, without the secrets that are known, and as one whole: no text in it begins a line."""
        text = redacted(self.text_of(record))
        text = _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
        text = text.replace("\n", _CONTINUED)
        return with_priority(text, _priority(record.levelno)) if self._in_journal else text

    def text_of(self, record: logging.LogRecord) -> str:
        """The record as text."""
        return super().format(record)


class PlainFormatter(_Formatter):
    """gunicorn's usual line."""

    form = "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s"


class AccessFormatter(_Formatter):
    """gunicorn's line for a request, likewise; the address that a client asks for may hold a secret."""


class JsonFormatter(_Formatter):
    """One JSON object a line: time, level, logger, process, message, and what else the record carries.

    What is said of a request has its name; what the access log says of one, a field for each fact.
    """

    def text_of(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        fields: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        if request_id := current.get():
            fields["request_id"] = request_id
        if isinstance(record.args, Atoms):
            fields.update(access_log.fields(record.args.facts))
        fields.update({key: value for key, value in vars(record).items() if key not in _STANDARD and key != "request"})
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        try:
            return json.dumps(fields, default=str)
        except (TypeError, ValueError, RecursionError):
            # Something in it has names that are no texts, or holds itself.
            return json.dumps({key: str(value) for key, value in fields.items()})


class ServerLog(Logger):
    """gunicorn's logger with our formatters."""

    atoms_wrapper_class = Atoms
    formatter_class: type[_Formatter] = PlainFormatter

    def setup(self, cfg: Config) -> None:
        """Configure the handlers; for JSON the access log becomes an object as well."""
        super().setup(cfg)
        access_class = JsonFormatter if self.formatter_class is JsonFormatter else AccessFormatter
        for handler in self.error_log.handlers:
            _format(handler, self.formatter_class)
        for handler in self.access_log.handlers:
            _format(handler, access_class)

    def atoms(self, resp: Any, req: Any, environ: MutableMapping[str, Any], request_time: timedelta) -> Any:
        """The facts about a request."""
        return {
            **super().atoms(resp, req, environ, request_time),
            "h": access_log.client_address(environ, self.cfg) or "-",
        }

    def access(self, resp: Any, req: Any, environ: MutableMapping[str, Any], request_time: timedelta) -> None:
        """Log a request, which is over: what this thread says from now on is not about it."""
        super().access(resp, req, environ, request_time)
        current.set("")

    def now(self) -> str:
        """The time of a request in the access log, in the common log format."""
        return time.strftime("[%d/%b/%Y:%H:%M:%S +0000]", time.gmtime())


class JsonServerLog(ServerLog):
    """The same in JSON."""

    formatter_class = JsonFormatter


def logger_class(format_name: str, *, has_statsd: bool = False) -> type[ServerLog]:
    """The logger for the option `[log] format`.

    Args:
        format_name: plain or json.
        has_statsd: whether gunicorn's setting statsd_host is set, which gunicorn has a logger of its own for.
    """
    chosen = JsonServerLog if format_name == "json" else ServerLog
    if not has_statsd:
        return chosen
    from gunicorn.instrument.statsd import Statsd

    return type("MeasuringServerLog", (chosen, Statsd), {})


def _format(handler: logging.Handler, formatter: type[_Formatter]) -> None:
    stream = handler.stream if isinstance(handler, logging.StreamHandler) else None
    handler.setFormatter(formatter(in_journal=is_journal(stream)))


def _priority(level: int) -> int:
    """The priority of a level of logging's."""
    return next((priority for least, priority in _PRIORITIES if level >= least), DEBUG)


def join_python_logging(level: str, format_name: str) -> None:
    """Send to standard error what Python's loggers say, where the project has configured none.

    Without this a production site that keeps Django's default LOGGING shows no trace of its errors: Django prints them
    with DEBUG only (django.utils.log.DEFAULT_LOGGING).

    Args:
        level: least level, as the option `[log] level`.
        format_name: plain or json.
    """
    from django.conf import settings

    ours = logging.getLogger("django_pyz")
    handler = logging.StreamHandler()
    _format(handler, logger_class(format_name).formatter_class)
    handler.setLevel(level.upper())
    ours.addHandler(handler)
    ours.setLevel(level.upper())
    ours.propagate = False
    if not settings.LOGGING and not logging.root.handlers:
        logging.root.addHandler(handler)
        logging.root.setLevel(max(logging.getLevelName(level.upper()), logging.INFO))
