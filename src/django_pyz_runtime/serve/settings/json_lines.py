"""A log record as one line of JSON: no content can break the line or prevent its output."""

from __future__ import annotations

import json
import logging
import math
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from django_pyz_runtime.secrets.redaction import redacted

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_DEEPEST = 12
"""So many levels of dictionaries and lists are kept; what is deeper, or holds itself, is given as text."""
_LARGEST_INTEGER = 2**63


def message_of(record: logging.LogRecord) -> str:
    """The message; where it does not fit its arguments, both as they are."""
    try:
        return record.getMessage()
    except Exception:
        return f"{_text(record.msg)} {_text(record.args)}"


def fields_of(record: logging.LogRecord, more: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says, by name.

    Args:
        record: what of it is not logging's own, such as `extra`, comes last. Where its name is taken, behind `extra_`.
        more: fields that are not in the record.
    """
    fields = {
        "time": _time(record),
        "level": _text(record.levelname).lower(),
        "logger": record.name,
        "process": record.process,
        "message": message_of(record),
        **more,
    }
    if told := _traceback(record):
        fields["traceback"] = told
    if record.stack_info:
        fields["stack"] = record.stack_info
    for key, value in vars(record).items():
        # Django's error log has the request itself.
        if key not in _STANDARD and key != "request":
            name = _text(key)
            while name in fields:
                name = f"extra_{name}"
            fields[name] = value
    return fields


def line(fields: Mapping[str, Any]) -> str:
    """The fields as JSON that any reader takes, without the secrets that are known."""
    plain = _plain(fields, str)
    told = redacted(whole := json.dumps(plain))
    if told != whole and _names(told) != list(plain):
        # A secret that looks like a part of JSON itself.
        return json.dumps(_plain(plain, redacted))
    return told


def _time(record: logging.LogRecord) -> str:
    """RFC 3339, in UTC."""
    try:
        second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        return f"{second}.{int(record.created % 1 * 1000):03d}Z"
    except (AttributeError, OverflowError, TypeError, ValueError, OSError):  # somebody has made it up
        return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())


def _traceback(record: logging.LogRecord) -> str:
    try:
        if isinstance(record.exc_info, tuple) and record.exc_info[0]:
            return "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
    except Exception:
        return _text(record.exc_info)
    return record.exc_text or ""


def _plain(value: Any, change: Callable[[str], str], depth: int = 0) -> Any:
    """A value in the types of JSON.

    Args:
        value: of any kind.
        change: is asked for each text.
        depth: how deep it lies.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < _LARGEST_INTEGER:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if depth < _DEEPEST:
        try:
            if isinstance(value, Mapping):
                items = list(value.items())
                return {change(_text(key)): _plain(item, change, depth + 1) for key, item in items}
            if isinstance(value, list | tuple | set | frozenset):
                return [_plain(item, change, depth + 1) for item in value]
        except Exception:
            return change(_text(value))
    return change(_text(value))


def _text(value: Any) -> str:
    """A value as text that can be encoded."""
    try:
        text = value if type(value) is str else str(value)
    except Exception:
        text = f"<{type(value).__name__} without text>"
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def _names(text: str) -> list[str]:
    """The names of an object in JSON; none where the text is no such."""
    try:
        return list(json.loads(text))
    except ValueError:
        return []
