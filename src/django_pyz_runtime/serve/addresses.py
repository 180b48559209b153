"""Whether the server can listen where it is told to, found out before gunicorn tries it five times."""

from __future__ import annotations

import contextlib
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
    parsed = parse_address(address, "8000")
    if isinstance(parsed, int):
        return
    try:
        if isinstance(parsed, str):
            _check_unix_socket(parsed)
        else:
            family = socket.AF_INET6 if ":" in parsed[0] else socket.AF_INET
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(parsed)
    except OSError as error:
        raise _cannot_listen(address, error) from None


def _check_unix_socket(path: str) -> None:
    """Raise OSError where a server listens already, or no socket can be made."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise OSError(errno.ENOENT, f"{folder} is no folder")
    if not os.access(folder, os.W_OK):
        raise OSError(errno.EACCES, f"{folder} cannot be written")
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
        probe.connect(path)
        raise OSError(errno.EADDRINUSE, "")


def _cannot_listen(address: str, error: OSError) -> Complaint:
    if error.errno == errno.EADDRINUSE:
        return Complaint(
            f"{address} is already in use by another server",
            hint="Stop that one, or choose another address: --bind HOST:PORT, or [serve] bind.",
        )
    return Complaint(f"cannot listen on {address}: {error.strerror}", hint="See --bind, or [serve] bind.")
