"""The known secrets of this process, which are removed from messages, tracebacks and log lines.

What a library says of an error may hold a value that it was given: a URL that cannot be parsed, a number that is none.
"""

from __future__ import annotations

import html
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import quote, unquote

from django_pyz_runtime.errors import UserError, as_said, is_journal
from django_pyz_runtime.secrets.recognise import HIDDEN, is_secret_name, is_secret_whole, spans
from django_pyz_runtime.texts import is_json_array, word_list

SHORTEST = 6
"""Characters; a shorter secret would be found in any text."""

_ITEM = r"""(?:["']([^"']*)["']\s*:\s*)?["']([^"']*)["']"""
"""A string of JSON or Python, with the name that it may have in an object."""


_ESCAPE = re.compile("%[0-9A-F]{2}")
_WORD = re.compile(r"[a-z]{1,12}|[A-Z]?[a-z]{1,11}|\d{1,15}")
_WHERE_A_WORD_IS_SECRET = (
    r"""((?:pass|pw|secret|token|key|credential|dsn|auth)\w{{0,32}}\\?["']?\s{{0,2}}[:=]\s{{0,2}}\\?["']){}(?=\\?["'])""",
    r"""((?:pass|pw|secret|token|key|credential|dsn|auth)\w{{0,32}}\s?=\s?){}(?!\w)""",
    r"(://[^\s:/@]{{0,64}}:){}(?=@)",
)
"""In quotes or after = behind the name of a secret, or in a URL; what is no text in JSON stays."""


class Redactor:
    """Takes what it knows to be secret out of texts.

    Args:
        environ: an environment; its secrets are found by the names of the variables.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._known: dict[tuple[str, str], None] = {}
        self._later: list[Callable[[], Iterable[tuple[str, str]]]] = []
        self._secrets: tuple[list[str], list[re.Pattern[str]]] | None = None

    def remember_later(self, values: Callable[[], Iterable[tuple[str, str]]]) -> None:
        """Note values that are asked for when they are needed, such as those of the settings once they are there.

        The environment is looked at again then, as settings may have put into it what they read from a file.
        """
        self._later.append(values)
        self._secrets = None

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
            later = [value for values in self._later for value in values()]
            self._secrets = _as_they_may_stand([*self._known, *self._environ.items(), *later])
        secrets, words = self._secrets
        for secret in secrets:
            text = text.replace(secret, HIDDEN)
        for word in words:
            text = word.sub(rf"\g<1>{HIDDEN}", text)
        return text


_OF_THIS_PROCESS = Redactor(os.environ)
remember = _OF_THIS_PROCESS.remember
remember_later = _OF_THIS_PROCESS.remember_later
redacted = _OF_THIS_PROCESS.redacted


def redacted_error(error: UserError) -> UserError:
    """The same without the known secrets."""
    return UserError(*map(redacted, error.problems), hint=redacted(error.hint))


def redacted_reason(error: BaseException) -> str:
    """What there is to say of an error: a user's as it is told, else the traceback; without the known secrets."""
    return redacted(as_said(str(error)) if isinstance(error, UserError) else _traceback(error))


def redacted_traceback(error: BaseException) -> str:
    """The traceback of an error, without the known secrets; "" where Python itself can print it."""
    whole = _traceback(error)
    told = redacted(whole)
    return told if told != whole or is_journal(sys.stderr) else ""


def _traceback(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(error))


def _as_they_may_stand(values: Iterable[tuple[str, str]]) -> tuple[list[str], list[re.Pattern[str]]]:
    """The secrets among values as they may stand in a text: as they are, quoted or escaped; the longest first.

    Those that are words or numbers come as patterns: a password `postgres` is a secret only where a name says so.
    """
    found: set[str] = set()
    for key, text in values:
        for secret in _secrets_in(key, text):
            quoted = quote(secret, safe="", errors="replace")
            found |= {secret, unquote(secret), quoted, repr(secret)[1:-1], json.dumps(secret)[1:-1]}
            found |= {_ESCAPE.sub(lambda match: match[0].lower(), quoted), html.escape(secret)}
            found |= {html.escape(secret).replace("&#x27;", "&#39;"), html.escape(secret, quote=False)}
    long = sorted((secret for secret in found if len(secret) >= SHORTEST), key=len, reverse=True)
    words = [secret for secret in long if _WORD.fullmatch(secret)]
    patterns = [
        re.compile(pattern.format(re.escape(word)), re.IGNORECASE)
        for word in words
        for pattern in _WHERE_A_WORD_IS_SECRET
    ]
    return [secret for secret in long if not _WORD.fullmatch(secret)], patterns


def _secrets_in(key: str, text: str) -> Iterator[str]:
    """A value that is one, its lines and items, and what is secret in another one."""
    if is_secret_whole(key, text):
        is_all = is_secret_name(key)
        yield from (value for name, value in re.findall(_ITEM, text) if is_all or is_secret_name(name))
        if is_all:
            yield from (text, *text.splitlines())
            yield from word_list(text) if "," in text and not is_json_array(text) else ()
    for start, end in spans(text):
        yield text[start:end].strip("\"'")
