"""The server's log: one format and one time zone, UTC, for the master, its workers and Django."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping, MutableMapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gunicorn.glogging import Logger

from django_pyz_runtime import errors
from django_pyz_runtime.activation import journal_logging
from django_pyz_runtime.secrets.redaction import redacted
from django_pyz_runtime.serve.edge.request_ids import current
from django_pyz_runtime.serve.settings import access_log
from django_pyz_runtime.serve.settings.access_log import Atoms
from django_pyz_runtime.serve.settings.json_lines import fields_of, line, message_of
from django_pyz_runtime.serve.settings.whole_lines import keep_whole

if TYPE_CHECKING:
    from gunicorn.config import Config

_TIME = "%Y-%m-%d %H:%M:%S +0000"
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
"""Characters that would end a line for some readers, or do something to a terminal."""
_CONTINUED = "\n    "
_OURS = "django_pyz"
_KEPT = ("gunicorn.error", "gunicorn.access", _OURS)

process_fields: dict[str, Any] = {}
"""What JSON lines say of this process: its release, and the number of the worker that it is."""


class PlainFormatter(logging.Formatter):
    """gunicorn's usual line, and in it the name of the request that it is about.

    Times are in UTC: Django sets the process's time zone when it loads, gunicorn's own would change.
    """

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s", _TIME)

    def format(self, record: logging.LogRecord) -> str:
        """The record as text without known secrets; continuation lines are indented, so no text can forge a line."""
        try:
            text = super().format(record)
        except Exception:  # of the record's own, where its message does not fit its arguments
            told = {**vars(record), "msg": message_of(record), "args": ()}
            text = super().format(logging.makeLogRecord(told))
        text = redacted(text)
        text = _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
        return text.replace("\n", _CONTINUED)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The line without a traceback."""
        about = f" [{name}]" if (name := current.get()) else ""
        return f"[{record.asctime}] [{record.process}] [{record.levelname}]{about} {record.message}"


class AccessFormatter(PlainFormatter):
    """gunicorn's line for a request, likewise; the address that a client asks for may hold a secret."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The line, which has its time and the request's name."""
        return record.message


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, process, message, and what else the record carries.

    What is said of a request has its name; what the access log says of one, a field for each fact.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON, without the secrets that are known."""
        more = dict(process_fields)
        if request_id := current.get():
            more["request_id"] = request_id
        if isinstance(record.args, Atoms):
            more.update(access_log.fields(record.args.facts))
        return line(fields_of(record, more))


class ServerLog(Logger):
    """gunicorn's logger with our formatters."""

    atoms_wrapper_class = Atoms
    formatter_class: type[logging.Formatter] = PlainFormatter

    def setup(self, cfg: Config) -> None:
        """Configure the handlers; for JSON the access log becomes an object as well."""
        super().setup(cfg)
        access_class = JsonFormatter if self.formatter_class is JsonFormatter else AccessFormatter
        for log, formatter in ((self.error_log, self.formatter_class), (self.access_log, access_class)):
            for handler in log.handlers:
                handler.setFormatter(formatter())
                keep_whole(handler)

    def atoms(self, resp: Any, req: Any, environ: MutableMapping[str, Any], request_time: timedelta) -> Any:
        """The facts about a request."""
        return {
            **super().atoms(resp, req, environ, request_time),
            "h": access_log.client_address(environ, self.cfg) or "-",
        }

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


def introduce(release: str, format_name: str) -> None:
    """Set the release and the format of log lines and of messages on standard error.

    Args:
        release: for people.
        format_name: plain or json.
    """
    process_fields["release"] = release
    journal_logging.fields.update({"RELEASE": lambda: release, "REQUEST_ID": current.get})
    if format_name == "json":
        errors.form = _as_json


def _as_json(text: str, priority: int) -> str:
    """What was to be written as it is."""
    level = {errors.ERROR: logging.ERROR, errors.WARNING: logging.WARNING}.get(priority, logging.INFO)
    told = {"name": _OURS, "levelno": level, "levelname": logging.getLevelName(level), "msg": text.rstrip("\n")}
    return f"{JsonFormatter().format(logging.makeLogRecord(told))}\n"


def begin_logging(level: str, format_name: str) -> logging.Handler:
    """Send the output of our own loggers to standard error.

    Args:
        level: minimum level, as the option `[log] level`.
        format_name: plain or json.

    Returns:
        The handler.
    """
    ours = logging.getLogger(_OURS)
    handler = logging.StreamHandler()
    handler.setFormatter(logger_class(format_name).formatter_class())
    keep_whole(handler)
    handler.setLevel(level.upper())
    ours.addHandler(handler)
    ours.setLevel(level.upper())
    ours.propagate = False
    return handler


def keep_loggers() -> None:
    """Enable the server's loggers again after a project's logging configuration has disabled them.

    logging.config disables existing loggers that it does not name (disable_existing_loggers).
    """
    for name in list(logging.root.manager.loggerDict):
        if name in _KEPT or name.startswith(f"{_OURS}."):
            logging.getLogger(name).disabled = False


def join_python_logging(handler: logging.Handler) -> None:
    """Add the handler to the root logger if LOGGING is empty, else to Django's if LOGGING names none of these.

    Without this a production site that keeps Django's default LOGGING shows no trace of its errors: Django prints them
    with DEBUG only (django.utils.log.DEFAULT_LOGGING). The same goes for one that configures its own loggers alone.

    Args:
        handler: from `begin_logging`.
    """
    from django.conf import settings

    if logging.root.handlers:
        return
    if not settings.LOGGING:
        logging.root.addHandler(handler)
        logging.root.setLevel(max(handler.level, logging.INFO))
    elif isinstance(settings.LOGGING, dict) and not _speaks_of_django(settings.LOGGING):
        logging.getLogger("django").addHandler(handler)


def _speaks_of_django(config: Mapping[str, Any]) -> bool:
    return any(name.partition(".")[0] == "django" for name in config.get("loggers") or ())
