"""The server's log: one format and one time zone, UTC, for the master, its workers and Django."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

from gunicorn.glogging import Logger

from django_pyz_runtime.secrets.redaction import redacted

if TYPE_CHECKING:
    from gunicorn.config import Config

_TIME = "%Y-%m-%d %H:%M:%S +0000"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class AccessFormatter(logging.Formatter):
    """gunicorn's line for a request; the address that a client asks for may hold a secret."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, without the secrets that are known."""
        return redacted(super().format(record))


class PlainFormatter(AccessFormatter):
    """gunicorn's usual line, in UTC: Django sets the process's time zone when it loads, gunicorn's own would change."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s", _TIME)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, process, message, and what else the record carries."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON, without the secrets that are known."""
        fields: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        fields.update({key: value for key, value in vars(record).items() if key not in _STANDARD and key != "request"})
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        try:
            text = json.dumps(fields, default=str)
        except (TypeError, ValueError, RecursionError):
            # Something in it has names that are no texts, or holds itself.
            text = json.dumps({key: str(value) for key, value in fields.items()})
        return redacted(text)


class ServerLog(Logger):
    """gunicorn's logger with our formatters."""

    formatter_class: type[logging.Formatter] = PlainFormatter

    def setup(self, cfg: Config) -> None:
        """Configure the handlers; for JSON the access log becomes an object as well."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(self.formatter_class())
        for handler in self.access_log.handlers:
            handler.setFormatter(JsonFormatter() if self.formatter_class is JsonFormatter else AccessFormatter())

    def now(self) -> str:
        """The time of a request in the access log, in the common log format."""
        return time.strftime("[%d/%b/%Y:%H:%M:%S +0000]", time.gmtime())


class JsonServerLog(ServerLog):
    """The same in JSON."""

    formatter_class = JsonFormatter


def logger_class(format_name: str) -> type[ServerLog]:
    """The logger for the option `[log] format`."""
    return JsonServerLog if format_name == "json" else ServerLog


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
    handler.setFormatter(logger_class(format_name).formatter_class())
    handler.setLevel(level.upper())
    ours.addHandler(handler)
    ours.setLevel(level.upper())
    ours.propagate = False
    if not settings.LOGGING and not logging.root.handlers:
        logging.root.addHandler(handler)
        logging.root.setLevel(max(logging.getLevelName(level.upper()), logging.INFO))
