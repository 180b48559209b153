"""How many CPUs this process may use, with the limits of its container."""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def usable_cpus(cgroup: Path = CGROUP) -> int:
    """The number of CPUs: those this process may run on, or the quota of its cgroup, whichever is less; at least one.

    Args:
        cgroup: where the cgroup hierarchy is mounted (kernel documentation, cgroup-v2, cpu.max; v1, cpu.cfs_quota_us).
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(count, math.ceil(_quota(cgroup) or count)))


def _quota(cgroup: Path) -> float | None:
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    if not quota:
        quota, period = _read(cgroup / "cpu/cpu.cfs_quota_us"), _read(cgroup / "cpu/cpu.cfs_period_us")
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return None
    return int(quota) / int(period)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def worker_count(cgroup: Path = CGROUP) -> int:
    """Workers for `auto`: one more than the CPUs, so that one may wait while the others compute."""
    return usable_cpus(cgroup) + 1
