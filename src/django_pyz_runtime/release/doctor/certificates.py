"""Certificates that a database's options name: whether they can be read, and when they expire."""

from __future__ import annotations

import base64
import binascii
import re
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_OPTIONS = ("sslrootcert", "sslcert", "sslkey", "sslcrl", "ssl_ca", "ssl_cert", "ssl_key", "ca", "cert", "key")
"""The names of libpq and of MySQL's drivers, some of them inside "ssl"."""
_NO_FILES = ("system", "")
_BLOCK = re.compile(rb"-----BEGIN (?:TRUSTED )?CERTIFICATE-----(.+?)-----END", re.DOTALL)
_SEQUENCE, _VERSION, _UTC_TIME = 0x30, 0xA0, 0x17
_TO_VALIDITY = 3
"""A certificate has serial number, algorithm and issuer before its validity (RFC 5280, 4.1)."""


def files_of(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The files that the options of a database name, with what this user can see of them."""
    named = {**options, **_inside(options.get("ssl"))}
    return [_facts(name, Path(str(named[name]))) for name in _OPTIONS if str(named.get(name) or "") not in _NO_FILES]


def _inside(options: Any) -> Mapping[str, Any]:
    return options if isinstance(options, Mapping) else {}


def _facts(option: str, path: Path) -> dict[str, Any]:
    """The mode is set for a key that others can read; the time is when the first certificate in the file expires."""
    is_key = "key" in option
    try:
        content, status = path.read_bytes(), path.stat()
    except OSError as error:
        return {"option": option, "path": str(path), "problem": (error.strerror or str(error)).lower()}
    facts: dict[str, Any] = {"option": option, "path": str(path), "problem": ""}
    if is_key:
        # As libpq: a key of root may be readable by its group (libpq, 32.19.2).
        closed = stat.S_IRWXO | (0 if status.st_uid == 0 else stat.S_IRWXG)
        return {**facts, "mode": stat.S_IMODE(status.st_mode) if status.st_mode & closed else 0}
    try:
        ends = [end.timestamp() for end in ends_of(content)]
    except ValueError as error:
        return {**facts, "problem": f"holds no certificate that can be read ({error})"}
    # In a list of authorities any one may be in use.
    return {**facts, "ends": (max if "root" in option or "ca" in option else min)(ends, default=None)}


def ends_of(content: bytes) -> Iterator[datetime]:
    """When each certificate of a PEM file expires.

    Raises:
        ValueError: one cannot be read.
    """
    for block in _BLOCK.findall(content):
        try:
            yield _end(base64.b64decode(block))
        except (IndexError, binascii.Error) as error:
            raise ValueError(str(error)) from None


def _end(der: bytes) -> datetime:
    _, certificate, _ = _item(der)
    _, fields, _ = _item(certificate)
    tag, _, rest = _item(fields)
    fields = rest if tag == _VERSION else fields
    for _ in range(_TO_VALIDITY):
        _, _, fields = _item(fields)
    tag, times, _ = _item(fields)
    if tag != _SEQUENCE:
        raise ValueError("wanted its times")
    _, _, last = _item(times)
    tag, text, _ = _item(last)
    form = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(text.decode("ascii"), form).replace(tzinfo=UTC)


def _item(der: bytes) -> tuple[int, bytes, bytes]:
    """Tag and content of the first item, and what is behind it (ITU-T X.690, 8.1)."""
    size, start = der[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[2:start], "big")
    return der[0], der[start : start + size], der[start + size :]
