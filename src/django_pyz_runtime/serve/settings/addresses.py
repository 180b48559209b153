"""Whether the server can listen where it is told to, found out before gunicorn tries it five times."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterable
from typing import Any

from gunicorn.util import parse_address

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.listeners import at_port, at_socket
from django_pyz_runtime.serve.reload.handover import Handover


def check_addresses(addresses: Iterable[str], handover: Handover | None = None) -> None:
    """Look at every address, unless listening sockets are passed on from outside.

    Args:
        addresses: as they are configured.
        handover: what the server that this one replaces leaves to it.

    Raises:
        UserError: one is taken, or cannot be listened on.
    """
    if os.environ.get("LISTEN_PID") == str(os.getpid()) or (handover and handover.is_passed):
        return
    for address in addresses:
        parsed = parse_address(address, "8000")
        if not isinstance(parsed, int) and not (handover and handover.keeps(address, parsed)):
            _check_address(address, parsed, handover)


def _check_address(address: str, parsed: Any, handover: Handover | None) -> None:
    try:
        if isinstance(parsed, str):
            _check_unix_socket(parsed)
        else:
            family = socket.AF_INET6 if ":" in parsed[0] else socket.AF_INET
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(parsed)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE and not isinstance(parsed, str)
        if is_taken and handover and handover.has_port(parsed[1]):
            raise UserError(
                f"{address}: this server itself listens on another address of that port",
                hint="Restart it for that: during a reload it goes on to listen where it does.",
            ) from None
        who = (error.strerror or "") if isinstance(parsed, str) else at_port(*parsed[:2])
        raise _cannot_listen(address, error, who) from None


def _check_unix_socket(path: str) -> None:
    """Raise OSError where a server listens already, or no socket can be made."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise OSError(errno.ENOENT, f"{folder} is no folder")
    if not os.access(folder, os.W_OK):
        raise OSError(errno.EACCES, f"{folder} cannot be written")
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
        probe.connect(path)
        raise OSError(errno.EADDRINUSE, at_socket(probe))


def _cannot_listen(address: str, error: OSError, who: str) -> UserError:
    if error.errno == errno.EADDRINUSE:
        return UserError(
            f"{address} is already in use by {who or 'another server'}",
            hint="Stop that one, or choose another address: --bind HOST:PORT, or [serve] bind.",
        )
    return UserError(f"cannot listen on {address}: {error.strerror}", hint="See --bind, or [serve] bind.")
