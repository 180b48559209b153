"""Connections that a site opens while loading, when workers are forked afterwards (preload_app).

Two processes that read from one connection get each other's answers, and the threads of a pool are in one of them only.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import stat

log = logging.getLogger("django_pyz.serve")


def close_opened() -> None:
    """Close Django's connections to databases and caches, and pools of them; each worker opens its own."""
    from django.core.cache import caches
    from django.core.exceptions import ImproperlyConfigured
    from django.db import connections

    for alias in connections:
        # A missing driver is reported on first use.
        with contextlib.suppress(ImproperlyConfigured):
            connection = connections[alias]
            connection.close()
            # Django 5.1 and later, PostgreSQL and Oracle. All threads share one.
            if close_pool := getattr(connection, "close_pool", None):
                close_pool()
    for cache in caches.all(initialized_only=True):
        cache.close()


def peers() -> dict[int, str]:
    """The peers of this process, by the inodes of its sockets; empty if the system does not show them."""
    found: dict[int, str] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                if stat.S_ISSOCK((status := os.fstat(int(name))).st_mode):
                    found[status.st_ino] = _peer(int(name))
    return found


def _peer(descriptor: int) -> str:
    """The address at the other end.

    Raises:
        OSError: there is none.
    """
    with socket.socket(fileno=os.dup(descriptor)) as one:
        address = one.getpeername()
    if isinstance(address, tuple):
        return f"{address[0]} port {address[1]}"
    # Skip unnamed socket pairs, such as our own.
    if not address:
        raise OSError
    return address.decode(errors="replace") if isinstance(address, bytes) else address


def warn_of_shared(before: dict[int, str]) -> None:
    """Log the connections opened since, which the workers are going to share.

    Args:
        before: from `peers`, before the site was loaded.
    """
    if shared := sorted({peer for inode, peer in peers().items() if inode not in before}):
        log.warning(
            "While loading, the site opened connections that all its workers share, to %s. "
            "If their library does not support that, set [gunicorn] preload_app = false.",
            ", ".join(shared),
        )
