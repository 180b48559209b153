"""Secrets in lines such as NAME=VALUE."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django_pyz.files.secret_kinds import find_url_credentials

_NAME = rb"(?:export\s+|set\s+)?[\"']?([A-Za-z_][A-Za-z0-9_.-]*)[\"']?"
_ASSIGNMENT = re.compile(rb"\s*" + _NAME + rb"\s?=\s?(.*?)\s*")
_BEFORE = rb"^[ \t]*(?:-[ \t]+|ENV[ \t]+|ARG[ \t]+|Environment=)?[\"']?"
_VALUE = rb"([\"']?[^\s\"']{8,200})[\"']?[ \t]*\\?\r?$"
_IN_A_SCRIPT = re.compile(_BEFORE + _NAME + b"=" + _VALUE, re.MULTILINE)
_SECRET = re.compile(rb"SECRET|PASSW(OR)?D|PASSPHRASE|TOKEN|CREDENTIALS|(API|ACCESS|PRIVATE)_?KEY|_PASS$")
_ABOUT_ONE = re.compile(rb"_(FILE|PATH|DIR|NAME|URL|URI|ID|HEADER|LENGTH|TIMEOUT|AGE|LIFETIME|HASHERS|ENABLED|TYPE)$")
"""Names of what is said about a secret."""
_NO_SECRET = re.compile(rb"\d{1,5}|true|false|yes|no|on|off|none|null|[$<{].*|", re.IGNORECASE)
_DUMMY = re.compile(
    rb"secret|passw|token|change|insecure|example|sample|dummy|test|placeholder|your|default|foo|xxx|only|not[-_]|fake"
    rb"|replace|todo|^https?:|^[./~$<{%`]",
    re.IGNORECASE,
)
_CLASSES = (re.compile(rb"[a-z]"), re.compile(rb"[A-Z]"), re.compile(rb"[0-9]"), re.compile(rb"[^A-Za-z0-9]"))
_SCHEME = re.compile(rb"^[a-z0-9+]+://")


def is_environment_file(content: bytes) -> bool:
    """Whether a file is nothing but NAME=VALUE lines, of which one names and holds a secret."""
    if b"=" not in content or b"\0" in content:
        return False
    lines = [line for line in content.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
    found = [_ASSIGNMENT.fullmatch(line) for line in lines]
    return all(found) and any(match and _assigns_secret(match) for match in found)


def find_assignments(content: bytes) -> Iterator[int]:
    """Where lines give what looks like a real secret to a name that says so: their offsets."""
    if _SECRET.search(content):
        matches = _IN_A_SCRIPT.finditer(content)
        yield from (match.start(1) for match in matches if _says_secret(match[1]) and _is_real(match[2].strip(b"\"'")))


def _assigns_secret(match: re.Match[bytes]) -> bool:
    name, value = match[1], match[2].strip(b"\"'")
    if _says_secret(name):
        return not _NO_SECRET.fullmatch(value)
    return any(True for _ in find_url_credentials(_SCHEME.sub(b"https://", value)))


def _says_secret(name: bytes) -> bool:
    return name.isupper() and bool(_SECRET.search(name)) and not _ABOUT_ONE.search(name)


def _is_real(value: bytes) -> bool:
    """Whether a value is neither a word nor an example."""
    mixed = sum(bool(kind.search(value)) for kind in _CLASSES) >= 2
    return mixed and len(set(value)) >= 6 and not _DUMMY.search(value)
