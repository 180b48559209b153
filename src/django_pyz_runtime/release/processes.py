"""The processes of a release, for people: their age, their memory, and which run another release."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.release.record import WEB, Running

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


class Process(NamedTuple):
    """A process with its children.

    Attributes:
        role: "web", or the name of a service.
        pid: its process id.
        release: its version and the beginning of its build id.
        is_old: whether it runs another build than this one.
        age_seconds: since it was started.
        memory_bytes: proportional set size with its children; 0 if it cannot be read.
        children: how many processes it has started.
        state: its state, in words.
    """

    role: str
    pid: int
    release: str
    is_old: bool
    age_seconds: int
    memory_bytes: int
    children: int
    state: str

    @property
    def line(self) -> str:
        """All of this, for people."""
        memory = f"{self.memory_bytes / 1e6:.0f} MB" if self.memory_bytes else "? MB"
        old = "  OLD CODE" if self.is_old else ""
        processes = f"{self.children + 1} processes" if self.children else "1 process"
        return (
            f"{self.role:<12} {self.release:<30} pid {self.pid:<8} up {age(self.age_seconds):<7} {memory:>8}  "
            f"{processes}: {self.state}{old}"
        )


def processes(found: Sequence[Running], build: str, now: float) -> list[Process]:
    """The processes of some records.

    Args:
        found: the records.
        build: the build id of the release that they should run.
        now: the time, in seconds since 1970.
    """
    return [_process(one, build, now) for one in found]


def _process(one: Running, build: str, now: float) -> Process:
    family = _family(one.pid)
    own, version = one.text("build"), one.text("version")
    state = ": ".join(filter(None, [one.text("state"), one.text("status")]))
    return Process(
        role=one.text("role") or "?",
        pid=one.pid,
        release=f"{version} ({own[:12]})" if version else own[:12],
        is_old=own != build,
        age_seconds=max(0, int(now) - (one.number("started") or int(now))),
        memory_bytes=sum(map(_memory, family)),
        children=len(family) - 1,
        state=state or "runs",
    )


def way_to_new_code(one: Process, manifest: Manifest, script: str) -> str:
    """What to do about a process that runs another release: nothing if systemd is stopping it.

    Args:
        one: the process.
        manifest: of this release.
        script: the program's name.
    """
    if one.role == WEB:
        return f"`{script} pyz reload`"
    from django_pyz_runtime.release.files.site import Site
    from django_pyz_runtime.release.install import checks, machine

    unit = f"{manifest.name}-{one.role}.service"
    if unit not in {path.name for path in checks.units_of_site(Site.of_names(manifest))}:
        return f"restart process {one.pid}"
    if machine.unit_property(unit, "ActiveState") == "deactivating":
        return f"it ends after its tasks, then {unit} runs this release"
    return f"`systemctl restart {unit}`"


def age(seconds: int) -> str:
    """A time for people: the largest unit that fits."""
    return next((f"{seconds // size} {unit}" for size, unit in _UNITS if seconds >= size), "0 s")


def _family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for one in found:
        try:
            children = Path(f"/proc/{one}/task/{one}/children").read_text().split()
        except OSError:
            continue
        found += [int(child) for child in children]
    return found


def _memory(pid: int) -> int:
    """The proportional set size of a process in bytes (proc_pid_smaps(5)), else its resident set size."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        pass
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
