"""Whether the server can listen where it is told to, found out before gunicorn tries it five times."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterable

from gunicorn.util import parse_address

from django_pyz_runtime.complaints import Complaint


def check_addresses(addresses: Iterable[str]) -> None:
    """Look at every address, unless listening sockets are passed on from outside.

    Raises:
        Complaint: one is taken, or cannot be listened on.
    """
    if not _sockets_are_passed():
        for address in addresses:
            _check_address(address)


def _sockets_are_passed() -> bool:
    """Whether systemd, or the server that this one replaces, hands over listening sockets."""
    return os.environ.get("LISTEN_PID") == str(os.getpid()) or "GUNICORN_FD" in os.environ


def _check_address(address: str) -> None:
    try:
        parsed = parse_address(address, "8000")
    except RuntimeError as error:
        raise Complaint(f"[serve] bind: wanted HOST:PORT or unix:/path, found {address!r} ({error})") from None
    if isinstance(parsed, int):
        return
    is_unix = isinstance(parsed, str)
    family = socket.AF_UNIX if is_unix else socket.AF_INET6 if ":" in parsed[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            if is_unix:
                probe.connect(parsed)
                raise OSError(errno.EADDRINUSE, "")
            probe.bind(parsed)
        except OSError as error:
            if not is_unix or error.errno == errno.EADDRINUSE:
                raise _cannot_listen(address, error) from None


def _cannot_listen(address: str, error: OSError) -> Complaint:
    if error.errno == errno.EADDRINUSE:
        return Complaint(
            f"{address} is already in use by another server",
            hint="Stop that one, or choose another address: --bind HOST:PORT, or [serve] bind.",
        )
    return Complaint(f"cannot listen on {address}: {error.strerror}", hint="See --bind, or [serve] bind.")
