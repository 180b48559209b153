"""What a site opens while it is loaded, and what of it may be shared where workers are forked after that (preload_app).

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
        # A driver that is missing is told when somebody wants that database.
        with contextlib.suppress(ImproperlyConfigured):
            connection = connections[alias]
            connection.close()
            # Django 5.1 and later, PostgreSQL and Oracle. All threads share one.
            if close_pool := getattr(connection, "close_pool", None):
                close_pool()
    for cache in caches.all(initialized_only=True):
        cache.close()


def peers() -> dict[int, str]:
    """Whom this process is connected to, by the inodes of its sockets; nobody where the system does not tell."""
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
    # Our own pair has no name, nor has anybody else's.
    if not address:
        raise OSError
    return address.decode(errors="replace") if isinstance(address, bytes) else address


def warn_of_shared(before: dict[int, str]) -> None:
    """Name the connections that have come since, which the workers are going to share.

    Args:
        before: from `peers`, before the site was loaded.
    """
    if shared := sorted({peer for inode, peer in peers().items() if inode not in before}):
        log.warning(
            "While loading, the site opened connections that all its workers share, to %s.  "
            "If their library does not support that, set [gunicorn] preload_app = false.",
            ", ".join(shared),
        )
