"""What must not be shown: secrets by the name of their key, and passwords inside URLs and other texts.

Texts come from files that anybody may have damaged: all of this takes time in proportion to their length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

HIDDEN = "********"

# Most processes look for no secret: what takes a while to compile is compiled by its first use.
_SECRET_NAME = (
    r"(?i)secret|passw|passphrase|token|credential|private|salt|dsn|api_?key|access_?key|auth_?key|bearer|authorization"
    r"|(account|app|crypt|encryption|hmac|licen[cs]e|master|shared|signing|storage)_?key"
    r"|((^|_)(keys?|pass)|_pwd?|(admin|db|ftp|ldap|mail|my|pg|postgres|redis|root|smtp|sql|user)(pass|pw|pwd))\W*$"
)
_ABOUT_SECRETS = (
    r"(?i)_(age|algorithm|dir|directory|file|folder|hashers|length|lifetime|name|path|timeout|url|validators)\W*$"
)
"""Names that speak of secrets without holding one, such as PASSWORD_RESET_TIMEOUT."""
_NO_SECRETS = {"", "true", "false", "yes", "no", "on", "off", "none"}
_ITEM_NAME = r"""["']([^"']*)["']\s*:"""
_PARAMETER_NAME = r"\b(\w{1,64})\s?=\s?"
_PARAMETER = re.compile(r""""[^"]*"|'[^']*'|[^\s&;,"']+""")
_NAME = r"[\w.+/@ -]{0,60}"
_PATH = (
    r"(/(app|credentials|etc|home|mnt|opt|root|run|secrets|srv|tmp|usr|var)|~)(/[\w.@+-]+)+/?"
    r"|/([\w.@+-]+/)*[\w.@+-]+\.(cer|cfg|conf|crt|env|ini|json|key|p12|pem|pfx|toml|txt|ya?ml)"
)
_LIKE_A_KEY = r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=\D*\d)[\w+/]{9,}"
"""Capitals, small letters and digits in one word: more likely a line of base64 than a name."""

Span = tuple[int, int]
"""Where a secret in a text begins and ends."""


def is_secret(key: str, text: str) -> bool:
    """Whether a value is to be kept from others: by the names in its key and inside it, or a URL's password.

    Args:
        key: as in settings.ini, for example DATABASES.default.PASSWORD.
        text: the value.
    """
    return shown(key, text) != text


def is_secret_name(key: str) -> bool:
    """Whether a key says that its value is a secret, by any of its parts."""
    return any(re.search(_SECRET_NAME, part) and not re.search(_ABOUT_SECRETS, part) for part in key.split("."))


def shown(key: str, text: str) -> str:
    """The value as it may be shown."""
    if is_secret_whole(key, text):
        return HIDDEN
    return _without(text, spans(text))


def _without(text: str, found: Iterable[Span]) -> str:
    kept = 0
    pieces = []
    for start, end in found:
        pieces += [text[kept:start], HIDDEN]
        kept = end
    return "".join([*pieces, text[kept:]])


def shown_source(key: str, source: str) -> str:
    """The source text of a value as it may be shown: in clear where no text of a secret's stands in it.

    Args:
        key: as the name of a variable.
        source: a Python expression, which may be cut off.
    """
    import ast

    if not is_secret_name(key):
        return shown(key, source)
    try:
        nodes = list(ast.walk(ast.parse(source, mode="eval")))
    except (SyntaxError, ValueError, RecursionError):
        return shown(key, source)
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)]
    return source if all(not text or _is_plain(str(text)) for text in texts) else shown(key, source)


def is_path(text: str) -> bool:
    """Whether a text is sure to be the path of a file, which holds the secret in its place.

    A line of base64 may begin with a slash as well.
    """
    is_one = re.fullmatch(_PATH, text.strip())
    return bool(is_one) and not any(re.fullmatch(_LIKE_A_KEY, word) for word in text.split("/"))


def _is_plain(text: str) -> bool:
    return is_path(text) or _is_plain_url(text)


def _is_plain_url(text: str) -> bool:
    """Whether a text is a URL without a password, a user or what looks like a key."""
    words = re.split(r"[^\w+]", text)
    return "://" in text and shown("", text) == text and not any(re.fullmatch(_LIKE_A_KEY, word) for word in words)


def is_secret_whole(key: str, text: str) -> bool:
    """Whether a value is hidden from its first to its last letter."""
    if text.strip().lower() in _NO_SECRETS or is_path(text):
        return False
    return is_secret_name(key) or any(_is_secret_item(match[1]) for match in re.finditer(_ITEM_NAME, text))


_MALFORMED = (
    r"(?<![\w/@.+-])(?:[A-Za-z][\w.+-]{0,31}(?::/(?!/)|//))[^\s:/@\"']{0,128}:([^\s@\"']{1,256})@"
    r"|(?<![\w/@.+-])[\w.+-]{1,64}:([^\s@/:\"']{1,256})@[\w.-]{1,255}(?::\d{1,5}(?!\w)|/)"
)
"""URLs of which a character is missing, or all before the user's name."""


def spans(text: str) -> Iterator[Span]:
    """The parts of a text that are secrets whatever its key is, from left to right, none in another."""
    return _in_order({*_passwords_in_urls(text), *_malformed(text), *_parameters(text)})


def without_passwords_in_urls(text: str) -> str:
    """A text of which the passwords in URLs alone are hidden."""
    return _without(text, _in_order({*_passwords_in_urls(text), *_malformed(text)}))


def _in_order(found: set[Span]) -> Iterator[Span]:
    after = 0
    for start, end in sorted(found):
        if start >= after:
            yield start, end
            after = end


def shown_name(name: str) -> str:
    """A key as a message may name it: not shown where it may be a piece of a secret that has lost its own key."""
    words = re.split(r"[.@ -]", name)
    if re.fullmatch(_NAME, name) and not any(re.fullmatch(_LIKE_A_KEY, word) for word in words):
        return repr(name)
    return "what stands there (not shown: it may be part of a secret)"


def _is_secret_item(name: str) -> bool:
    return is_secret_name(name) and name.lower() != "key"


def _passwords_in_urls(text: str) -> Iterator[Span]:
    """What stands between the colon and the last @ of the line, and in place of a user's name in the Web's URLs."""
    scheme, *rest = text.split("://")
    position = len(scheme) + 3
    for piece in rest:
        line = piece.partition("\n")[0]
        user, at, _ = line.rpartition("@")
        name, colon, password = user.partition(":")
        start = position + len(name) + 1
        if at and not re.search(r"[/\s]", name):
            if colon and password:
                yield start, position + len(user)
            elif not colon and name and scheme.lower().endswith(("http", "https")):
                yield position, position + len(name)
        position += len(piece) + 3
        scheme = piece


def _malformed(text: str) -> Iterator[Span]:
    """The passwords in what was to be a URL."""
    for match in re.finditer(_MALFORMED, text):
        yield match.span(match.lastindex or 0)


def _parameters(text: str) -> Iterator[Span]:
    """The values in `password=...`, as in the query of a URL or in what libpq and ODBC take."""
    end = 0
    for match in re.finditer(_PARAMETER_NAME, text):
        is_secret_one = is_secret_name(match[1]) or match[1].lower() in ("pwd", "sig")
        if match.start() >= end and is_secret_one and (found := _PARAMETER.match(text, match.end())):
            yield found.start(), (end := found.end())
