"""Checks that the server and metrics can listen at their addresses, before gunicorn tries it five times."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Collection, Iterable
from typing import Any

from gunicorn.util import parse_address

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.listeners import at_port, at_socket
from django_pyz_runtime.serve.reload.handover import Handover

_SERVE_OPTION = "--bind HOST:PORT, or [serve] bind"
_METRICS_OPTION = "[metrics] bind"


def check_addresses(addresses: Iterable[str], handover: Handover | None = None) -> None:
    """Check every address, unless listening sockets are passed in from outside.

    Args:
        addresses: as they are configured.
        handover: from the server that this one replaces.

    Raises:
        UserError: one is taken, or cannot be listened on.
    """
    if os.environ.get("LISTEN_PID") == str(os.getpid()) or (handover and handover.is_passed):
        return
    for address in addresses:
        parsed = parse_address(address, "8000")
        if not isinstance(parsed, int) and not (handover and handover.keeps(address, parsed)):
            _check_address(address, parsed, handover)


def check_metrics_address(address: str, others: Collection[str], handover: Handover | None, *, is_free: bool) -> None:
    """Check the address of metrics.

    Args:
        address: as it is configured.
        others: those of [serve] bind.
        handover: what the server that this one replaces leaves to it.
        is_free: whether it has to be free, unless it is left to this server.

    Raises:
        UserError: it is taken, or cannot be listened on.
    """
    if address in others and not address.endswith(":0"):
        raise UserError(f"[metrics] bind: {address} is also an address of [serve] bind", hint="Choose another one.")
    is_left = handover and handover.metrics and handover.metrics.bind == address
    if is_free and not is_left:
        _check_address(address, parse_address(address), handover, _METRICS_OPTION)


def listen(address: str) -> socket.socket:
    """Listen at the address of metrics.

    Args:
        address: as it is configured.

    Raises:
        UserError: it is taken, or cannot be listened on.
    """
    parsed: Any = parse_address(address)
    _check_address(address, parsed, None, _METRICS_OPTION)
    try:
        if isinstance(parsed, str):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(parsed)
        listener = socket.socket(_family(parsed), socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(parsed)
        listener.listen()
    except OSError as error:
        raise _cannot_listen(address, error, "", _METRICS_OPTION) from None
    return listener


def label_of(name: Any) -> str:
    """The address of a socket as it would be configured.

    Args:
        name: as socket.getsockname returns it.
    """
    if not isinstance(name, tuple):
        return f"unix:{name.decode(errors='replace') if isinstance(name, bytes) else name}"
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _family(parsed: object) -> socket.AddressFamily:
    if isinstance(parsed, str):
        return socket.AF_UNIX
    return socket.AF_INET6 if isinstance(parsed, tuple) and ":" in parsed[0] else socket.AF_INET


def _check_address(address: str, parsed: Any, handover: Handover | None, option: str = _SERVE_OPTION) -> None:
    try:
        if isinstance(parsed, str):
            _check_unix_socket(parsed)
        else:
            with socket.socket(_family(parsed), socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(parsed)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE and not isinstance(parsed, str)
        if is_taken and handover and handover.has_port(parsed[1]):
            raise UserError(
                f"{address}: this server already listens on another address with that port",
                hint="Restart it: a reload keeps the current sockets.",
            ) from None
        who = (error.strerror or "") if isinstance(parsed, str) else at_port(*parsed[:2])
        raise _cannot_listen(address, error, who, option) from None


def _check_unix_socket(path: str) -> None:
    """Raise OSError where a server listens already, or no socket can be made."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise OSError(errno.ENOENT, f"{folder} is not a folder")
    if not os.access(folder, os.W_OK):
        raise OSError(errno.EACCES, f"{folder} is not writable")
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
        probe.connect(path)
        raise OSError(errno.EADDRINUSE, at_socket(probe))


def _cannot_listen(address: str, error: OSError, who: str, option: str) -> UserError:
    if error.errno == errno.EADDRINUSE:
        return UserError(
            f"{address} is already in use by {who or 'another server'}",
            hint=f"Stop that one, or choose another address: {option}.",
        )
    return UserError(f"cannot listen on {address}: {error.strerror}", hint=f"See {option}.")
