"""Makes ps, pidof and `systemctl status` show the command of this process, not the code of the first lines.

Linux shows the memory in which a process was given its arguments, as it is now (proc_pid_cmdline(5)). That is written
over by way of /proc/self/mem: the kernel says where it is, and refuses what is no memory of the process. The library
setproctitle, which a project may have for its workers, does the same from C, and looks for the arguments as they were;
where it is there, it is used, first of all.
"""

from __future__ import annotations

import contextlib
import os
import sys

_LIBRARY = "setproctitle"
_ARG_START, _ARG_END = 45, 46
"""Fields of /proc/self/stat, counted from the one behind the name (proc_pid_stat(5), 48 and 49)."""


def show_command(site_packages: str) -> None:
    """Show the command line of this process as that of a program.

    Args:
        site_packages: the bundle's code.
    """
    if os.path.isdir(os.path.join(site_packages, _LIBRARY)):
        __import__(_LIBRARY)
    _show(sys.argv)
    # pidof and killall know a process by this name.
    with contextlib.suppress(OSError), open("/proc/self/comm", "wb") as file:
        file.write(os.fsencode(os.path.basename(sys.argv[0])))


def show_title(title: str) -> None:
    """Show a title in place of the command line."""
    _show([title])


def _show(words: list[str]) -> None:
    if library := sys.modules.get(_LIBRARY):
        # It takes text only.
        library.setproctitle(os.fsencode(" ".join(words)).decode(errors="replace"))
        return
    # No Linux, no /proc, or it may not be written to.
    with contextlib.suppress(OSError, ValueError, IndexError):
        _write(b"".join(os.fsencode(word) + b"\0" for word in words))


def _write(line: bytes) -> None:
    with open("/proc/self/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    start, end = int(fields[_ARG_START]), int(fields[_ARG_END])
    with open("/proc/self/cmdline", "rb") as file:
        before = file.read()
    with open("/proc/self/mem", "r+b", 0) as memory:
        memory.seek(start)
        if before and memory.read(end - start) == before:
            memory.seek(start)
            memory.write(line[: len(before) - 1].ljust(len(before), b"\0"))
