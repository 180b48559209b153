"""Finds the process that listens at an address (proc(5), unix(7))."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_ANY = {"0.0.0.0", "::"}
SYSTEMD = 1
"""The process that listens at the sockets of units."""
_LISTENS = "0A"
"""The state TCP_LISTEN in /proc/net/tcp."""


def at_socket(connection: socket.socket) -> str:
    """The process at the other end of a unix socket: its name and number, or "".

    Args:
        connection: a connected socket.
    """
    if not hasattr(socket, "SO_PEERCRED"):
        return ""
    pid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))[0]
    return _named(pid)


def at_port(host: str, port: int) -> str:
    """The process that listens on a TCP port: its name and number, or "" if it is not visible.

    Args:
        host: the wanted address or host name.
        port: the port's number.
    """
    try:
        wanted = {str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        return ""
    sockets = {f"socket:[{inode}]" for inode in _listening(wanted, port)}
    # The master comes before its workers.
    found = [pid for pid in sorted(_pids()) if sockets and sockets & _open_files(pid)]
    return _named(found[0]) if found else ""


def pid_in(told: str) -> int:
    """The process id in such a name; 0 for none."""
    found = re.search(r", process (\d+)$", told)
    return int(found[1]) if found else 0


def unit_of(pid: int) -> str:
    """The service of systemd that a process belongs to; "" for none (cgroups(7))."""
    try:
        lines = (_PROC / str(pid) / "cgroup").read_text().splitlines()
    except OSError:
        return ""
    found = [re.search(r"/system\.slice/([^/]+\.service)$", line) for line in lines]
    return next((match[1] for match in found if match), "")


def _listening(wanted: set[str], port: int) -> Iterator[str]:
    """The inodes of the sockets that occupy the wanted addresses."""
    for table in ("net/tcp", "net/tcp6"):
        with contextlib.suppress(OSError):
            for line in (_PROC / table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                address, _, number = fields[1].partition(":")
                if fields[3] == _LISTENS and int(number, 16) == port and _meet(_address(address), wanted):
                    yield fields[9]


def _address(text: str) -> str:
    """An address of /proc/net/tcp, whose four-byte words have the byte order of the machine."""
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words))


def _meet(address: str, wanted: set[str]) -> bool:
    return address in wanted or address in _ANY or not wanted.isdisjoint(_ANY)


def _pids() -> Iterator[int]:
    with contextlib.suppress(OSError):
        yield from (int(name) for name in os.listdir(_PROC) if name.isdigit())


def _open_files(pid: int) -> set[str]:
    found: set[str] = set()
    with contextlib.suppress(OSError):
        for entry in os.scandir(_PROC / str(pid) / "fd"):
            with contextlib.suppress(OSError):
                found.add(os.readlink(entry))
    return found


def _named(pid: int) -> str:
    """Program and process id: the script if Python or a shell runs one; the beginning of a process title."""
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return f"process {pid}" if pid else ""
    scripts = [word for word in words[1:] if re.fullmatch(r"/\S+", word)]
    is_interpreter = re.match(r"python|\w*sh$", os.path.basename(words[0]))
    name = os.path.basename(scripts[0] if is_interpreter and scripts else words[0].partition(": ")[0])
    return f"{name or 'a program'}, process {pid}"
