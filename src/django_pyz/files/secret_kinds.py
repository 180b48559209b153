"""Recognises secrets: only by unmistakable shapes, as a match stops a build; and in NAME=VALUE lines."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_KEY_SIZE = 4096
"""How far after its first line a key is read, in bytes."""
_HEADER = re.compile(rb"[A-Z][\w-]+: [^\n\\]*")
_LINE_END = re.compile(rb"\\[nrt]|\\u000a|&#10;")
_ENCODED = re.compile(rb"[A-Za-z0-9+/=]{40,}")
"""A line of a key has 64 characters, or most of them; names and paths in code are shorter."""
_IN_MANUALS = (b"Eby8vdM02xNOcqFlqUwJ", b"16C7e42F292c6912E7710c838347Ae178B4a")
"""The public key of Azure's storage emulator, and the token in GitHub's examples."""
_URL_USER = re.compile(rb"https?://([^\s/@:\"'<>]*)(?::([^\s/@\"'<>]+))?@[A-Za-z0-9[]")
_PLACEHOLDER = re.compile(rb"[$%{}*<>]|^(.)\1*$|^(user(name)?|login|pass(word|wd)?|pw|token|secret|my[-_]?\w+)$", re.I)
_TOKEN_LENGTH = 20
"""A user name without a password is a token from this length on."""
_NAME = rb"(?:export\s+|set\s+)?[\"']?([A-Za-z_][A-Za-z0-9_.-]*)[\"']?"
_ASSIGNMENT = re.compile(rb"\s*" + _NAME + rb"\s?=\s?(.*?)\s*")
_BEFORE = rb"^[ \t]*(?:-[ \t]+|ENV[ \t]+|ARG[ \t]+|Environment=)?[\"']?"
_VALUE = rb"([\"']?[^\s\"']{8,200})[\"']?[ \t]*\\?\r?$"
_IN_A_SCRIPT = re.compile(_BEFORE + _NAME + b"=" + _VALUE, re.MULTILINE)
_SECRET = re.compile(rb"SECRET|PASSW(OR)?D|PASSPHRASE|TOKEN|CREDENTIALS|(API|ACCESS|PRIVATE)_?KEY|_PASS$")
_ABOUT_ONE = re.compile(rb"_(FILE|PATH|DIR|NAME|URL|URI|ID|HEADER|LENGTH|TIMEOUT|AGE|LIFETIME|HASHERS|ENABLED|TYPE)$")
"""Names of properties of a secret."""
_NO_SECRET = re.compile(rb"\d{1,5}|true|false|yes|no|on|off|none|null|[$<{].*|", re.IGNORECASE)
_DUMMY = re.compile(
    rb"secret|passw|token|change|insecure|example|sample|dummy|test|placeholder|your|default|foo|xxx|only|not[-_]|fake"
    rb"|replace|todo|^https?:|^[./~$<{%`]",
    re.IGNORECASE,
)
_CLASSES = (re.compile(rb"[a-z]"), re.compile(rb"[A-Z]"), re.compile(rb"[0-9]"), re.compile(rb"[^A-Za-z0-9]"))
_SCHEME = re.compile(rb"^[a-z0-9+]+://")


@dataclass(frozen=True)
class Kind:
    """A kind of secret.

    Attributes:
        what: its name in messages, with the article.
        hints: every secret of this kind contains one of these texts; a fast check first.
        shape: its pattern; the group `random`, if any, is the random part.
        is_real: decides whether a match is a secret, from the content and the path.
    """

    what: str
    hints: tuple[bytes, ...]
    shape: re.Pattern[bytes]
    is_real: Callable[[bytes, re.Match[bytes]], bool]


def _looks_random(content: bytes, match: re.Match[bytes]) -> bool:
    """Whether it is random: examples say so, repeat few characters, or are printed in manuals."""
    text = match["random"]
    is_example = b"EXAMPLE" in text.upper() or b"XXXX" in text.upper() or text.startswith(_IN_MANUALS)
    return not is_example and len(set(text)) >= min(8, len(text) // 3)


def _has_a_key_behind(content: bytes, match: re.Match[bytes]) -> bool:
    """Whether a key follows the first line of a PEM file; manuals mention only that line."""
    body = content[match.end() : match.end() + _KEY_SIZE].partition(b"-----END")[0]
    encoded = b"".join(_ENCODED.findall(_HEADER.sub(b"", _LINE_END.sub(b"\n", body))))
    return len(encoded) >= 60 and len(set(encoded[:400])) >= 20


def _encodes_a_key(content: bytes, match: re.Match[bytes]) -> bool:
    try:
        return b" PRIVATE KEY" in base64.b64decode(match[0][:80])
    except binascii.Error:
        return False


def _is_for_servers(content: bytes, match: re.Match[bytes]) -> bool:
    """A key for maps and the like is sent to every browser, so it is not secret."""
    line = content[content.rfind(b"\n", 0, match.start()) + 1 : match.end()].lower()
    return _looks_random(content, match) and not any(word in line for word in (b"map", b"firebase", b"captcha"))


def _kind(
    what: str,
    hints: str,
    shape: str,
    is_real: Callable[[bytes, re.Match[bytes]], bool] = _looks_random,
    *,
    is_word: bool = True,
) -> Kind:
    """A kind of secret; one that is a word must be delimited by non-word characters."""
    if is_word:
        shape = f"(?<![A-Za-z0-9_+/=-])(?:{shape})(?![A-Za-z0-9_+/=-])"
    return Kind(what, tuple(hint.encode() for hint in hints.split("|")), re.compile(shape.encode()), is_real)


_PEM_BEGIN = "-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
_PRIVATE_KEY = _kind("a private key", "PRIVATE KEY", _PEM_BEGIN, _has_a_key_behind, is_word=False)
_AWS_SECRET = (
    r"""(?i:secret_?access_?key)["'\]]{0,3}\s{0,3}(?:[:=,]|=>|:=)\s{0,3}["']?(?P<random>[A-Za-z0-9/+]{40})"""
    "(?![A-Za-z0-9/+=])"
)
_SLACK_WEBHOOK = r"hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/(?P<random>[A-Za-z0-9]{24})"
GOOGLE_KEY = "a Google API key"
"""Not a secret in files that are sent to browsers."""
KINDS = (
    _PRIVATE_KEY,
    _kind(
        "a private key in base64", "LS0tLS1CRUdJTi", "LS0tLS1CRUdJTi[A-Za-z0-9+/]{86,}", _encodes_a_key, is_word=False
    ),
    _kind("an AWS secret access key", "ecret_access_key|ECRET_ACCESS_KEY|ecretAccessKey", _AWS_SECRET, is_word=False),
    _kind("an Azure storage key", "AccountKey=", "AccountKey=(?P<random>[A-Za-z0-9+/]{86})==", is_word=False),
    _kind("a Slack webhook", "hooks.slack.com/services/", _SLACK_WEBHOOK, is_word=False),
    _kind("an AWS access key id", "AKIA|ASIA", "(?:AKIA|ASIA)(?P<random>[A-Z0-9]{16})"),
    _kind("a GitHub token", "ghp_|gho_|ghs_|ghu_", "gh[posu]_(?P<random>[A-Za-z0-9]{36,255})"),
    _kind("a GitHub token", "github_pat_", "github_pat_(?P<random>[A-Za-z0-9]{22}_[A-Za-z0-9]{59})"),
    _kind("a GitLab token", "glpat-", r"glpat-(?P<random>[\w-]{20,64})"),
    _kind("a Slack token", "xox", r"xox[abprs]-\d{9,14}-[\d-]{0,30}(?P<random>[A-Za-z0-9]{24,64})"),
    _kind("a Slack app token", "xapp-", r"xapp-\d-[A-Z0-9]{8,14}-\d{9,14}-(?P<random>[a-f0-9]{64})"),
    _kind("a live Stripe key", "k_live_", "[sr]k_live_(?P<random>[A-Za-z0-9]{24,247})"),
    _kind(GOOGLE_KEY, "AIza", r"AIza(?P<random>[\w-]{35})", _is_for_servers),
    _kind("a Google OAuth client secret", "GOCSPX-", r"GOCSPX-(?P<random>[\w-]{28})"),
    _kind("a SendGrid key", "SG.", r"SG\.(?P<random>[\w-]{22}\.[\w-]{43})"),
    _kind("an npm token", "npm_", "npm_(?P<random>[A-Za-z0-9]{36})"),
    _kind("a PyPI token", "pypi-Ag", r"pypi-(?P<random>AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[\w-]{50,})"),
    _kind("a DigitalOcean token", "_v1_", "do[opr]_v1_(?P<random>[a-f0-9]{64})"),
    _kind("a Hugging Face token", "hf_", "hf_(?P<random>[A-Za-z0-9]{34})"),
    _kind("an Anthropic key", "sk-ant-", r"sk-ant-(?:api|admin)\d\d-(?P<random>[\w-]{80,})"),
    _kind("an OpenAI key", "sk-proj-|T3BlbkFJ", r"sk-(?P<random>proj-[\w-]{40,}|[\w-]{20,}T3BlbkFJ[\w-]{20,})"),
    _kind("a Shopify token", "shpat_|shpss_", "shp(?:at|ss)_(?P<random>[a-fA-F0-9]{32})"),
    _kind("a HashiCorp Vault token", "hvs.", r"hvs\.(?P<random>[\w-]{90,})"),
    _kind("a Docker token", "dckr_pat_", r"dckr_pat_(?P<random>[\w-]{27})"),
)


def find(content: bytes) -> Iterator[tuple[int, str]]:
    """The secrets in a text: offset and kind."""
    for kind in KINDS:
        yield from ((match.start(), kind.what) for match in _matches(kind, content))


def holds_private_key(content: bytes) -> bool:
    """Whether a text holds a private key in PEM form."""
    return any(True for _ in _matches(_PRIVATE_KEY, content))


def _matches(kind: Kind, content: bytes) -> Iterator[re.Match[bytes]]:
    if any(hint in content for hint in kind.hints):
        yield from (match for match in kind.shape.finditer(content) if kind.is_real(content, match))


def find_url_credentials(content: bytes) -> Iterator[int]:
    """The offsets of URLs with a password or token that is not a placeholder."""
    for match in _URL_USER.finditer(content):
        user, password = match[1], match[2]
        secret = password if password is not None else user if len(user) >= _TOKEN_LENGTH else b""
        if secret and not _PLACEHOLDER.search(secret):
            yield match.start()


def is_environment_file(content: bytes) -> bool:
    """Whether a file consists of NAME=VALUE lines, at least one of which is a secret by name and value."""
    if b"=" not in content or b"\0" in content:
        return False
    lines = [line for line in content.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
    found = [_ASSIGNMENT.fullmatch(line) for line in lines]
    return all(found) and any(match and _assigns_secret(match) for match in found)


def find_assignments(content: bytes) -> Iterator[int]:
    """The offsets of lines that assign an apparent secret to a name that suggests one."""
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
