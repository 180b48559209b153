"""Describes the machine of the measurement."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

_GIBIBYTE = 1 << 30


def describe(scratch: Path) -> str:
    """The date and the machine in one line.

    Args:
        scratch: the folder in which the candidates run.
    """
    date = time.strftime("%Y-%m-%d", time.gmtime())
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIBIBYTE
    system = file_system(Path("/proc/self/mountinfo").read_text(encoding="utf-8"), scratch)
    kernel = ".".join(platform.release().split(".")[:2])
    software = f"Linux {kernel}, Python {platform.python_version()}"
    return f"{date}; {cores} cores, {memory:.0f} GiB of memory, {system}; {software}"


def file_system(mounts: str, folder: Path) -> str:
    """The type of the file system that holds a folder.

    Args:
        mounts: as in /proc/self/mountinfo (proc(5)).
        folder: absolute path.
    """
    best, found = "", "unknown file system"
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        point = before.split()[4]
        # Of two mounts at the same place, the later one is visible.
        if folder.is_relative_to(point) and len(point) >= len(best):
            best, found = point, after.split()[0]
    return found
