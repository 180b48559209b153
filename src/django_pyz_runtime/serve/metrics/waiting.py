"""The number of connections waiting to be accepted, by listening socket, from Linux's /proc/net.

- TCP: net/tcp and net/tcp6 have the length of the accept queue of a listening socket in the column rx_queue, and list
  those sockets first (kernel documentation, networking/proc_net_tcp).
- Unix sockets: net/unix lists a connection that nobody has accepted with the path of the listening socket and the inode
  0, as it belongs to no file yet (proc_pid_net(5)). An abstract name, behind "@", does as well as a path.

There is no number for a socket of another network namespace, as the service manager may pass one; nor for the sockets
of workers that open their own (gunicorn's reuse_port), which the master does not know.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

_NET = Path("/proc/self/net")
_LISTENS = "0A"
"""The state TCP_LISTEN."""


def waiting(listeners: Mapping[str, int], net: Path = _NET) -> dict[str, int]:
    """The waiting connections, by name of the listening socket; sockets whose queue is unknown are left out.

    Args:
        listeners: name and inode of each.
        net: the folder with the tables.
    """
    names = {str(inode): name for name, inode in listeners.items()}
    found = {names[inode]: length for inode, length in _tcp(net) if inode in names}
    return found | {names[inode]: length for inode, length in _unix(net).items() if inode in names}


def _tcp(net: Path) -> Iterator[tuple[str, int]]:
    """Inode and queue of each listening socket."""
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError), (net / table).open(encoding="ascii") as lines:
            next(lines, "")
            for line in lines:
                fields = line.split()
                if fields[3] != _LISTENS:
                    break
                yield fields[9], int(fields[4].partition(":")[2], 16)


def _unix(net: Path) -> dict[str, int]:
    """For each inode with a path, the connections to that path that have none yet."""
    inodes: dict[str, list[str]] = {}
    lengths: dict[str, int] = {}
    with contextlib.suppress(OSError), (net / "unix").open(encoding="utf-8", errors="surrogateescape") as lines:
        next(lines, "")
        for line in lines:
            fields = line.rstrip("\n").split(maxsplit=7)
            if len(fields) < 8:
                continue
            if fields[6] == "0":
                lengths[fields[7]] = lengths.get(fields[7], 0) + 1
            else:
                inodes.setdefault(fields[7], []).append(fields[6])
    return {inode: lengths.get(path, 0) for path, found in inodes.items() for inode in found}
