"""The secrets of this process: what is known of them is taken out of messages, tracebacks and log lines.

What a library says of an error may hold a value that it was given: a URL that cannot be parsed, a number that is none.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, unquote

from django_pyz_runtime.errors import UserError, as_said
from django_pyz_runtime.secrets.recognise import HIDDEN, is_secret_name, is_secret_whole, spans
from django_pyz_runtime.texts import is_json_array, word_list

SHORTEST = 6
"""Characters; a shorter secret would be found in any text."""

_ITEM = re.compile(r"""(?:["']([^"']*)["']\s*:\s*)?["']([^"']*)["']""")
"""A string of JSON or Python, with the name that it may have in an object."""


class Redactor:
    """Takes what it knows to be secret out of texts.

    Args:
        environ: an environment; its secrets are found by the names of the variables.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._known: dict[tuple[str, str], None] = {}
        self._secrets: list[str] | None = None

    def remember(self, values: Iterable[tuple[str, str]]) -> None:
        """Note values of the configuration.

        Args:
            values: key and text, secret or not; which are is found out when it is needed.
        """
        self._known.update(dict.fromkeys(values))
        self._secrets = None

    def redacted(self, text: str) -> str:
        """A text without the known secrets."""
        if self._secrets is None:
            self._secrets = _as_they_may_stand([*self._known, *self._environ.items()])
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


_OF_THIS_PROCESS = Redactor(os.environ)
remember = _OF_THIS_PROCESS.remember
redacted = _OF_THIS_PROCESS.redacted


def redacted_error(error: UserError) -> UserError:
    """The same without the known secrets."""
    return UserError(*map(redacted, error.problems), hint=redacted(error.hint))


def redacted_reason(error: BaseException) -> str:
    """What there is to say of an error: a user's as it is told, else the traceback; without the known secrets."""
    return redacted(as_said(str(error)) if isinstance(error, UserError) else _traceback(error))


def redacted_traceback(error: BaseException) -> str:
    """The traceback of an error, without the known secrets; "" where there is none in it."""
    whole = _traceback(error)
    told = redacted(whole)
    return told if told != whole else ""


def _traceback(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(error))


def _as_they_may_stand(values: Iterable[tuple[str, str]]) -> list[str]:
    """The secrets among values as they may stand in a text: as they are, quoted or escaped; the longest first."""
    found: set[str] = set()
    for key, text in values:
        for secret in _secrets_in(key, text):
            quoted = quote(secret, safe="", errors="replace")
            found |= {secret, unquote(secret), quoted, repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    return sorted((secret for secret in found if len(secret) >= SHORTEST), key=len, reverse=True)


def _secrets_in(key: str, text: str) -> Iterator[str]:
    """A value that is one, its lines and items, and what is secret in another one."""
    if is_secret_whole(key, text):
        is_all = is_secret_name(key)
        yield from (value for name, value in _ITEM.findall(text) if is_all or is_secret_name(name))
        if is_all:
            yield from (text, *text.splitlines())
            yield from word_list(text) if "," in text and not is_json_array(text) else ()
    for span in spans(text):
        yield text[span.start : span.end].strip("\"'")
