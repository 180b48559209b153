"""Checks of the machine: disk space, file systems, clock, Python."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.bundle.container import CONTAINER
from django_pyz_runtime.release.doctor.facts import ROOT, Facts
from django_pyz_runtime.release.doctor.findings import BY_HAND, Check, DoesNotApply, Finding, Severity, Unknown
from django_pyz_runtime.release.install import machine

_LITTLE_SPACE_BYTES, _NO_SPACE_BYTES = 500_000_000, 50_000_000
_FEW_INODES, _NO_INODES = 5_000, 500
_LITTLE_PART = 0.05
"""The limits for little space are at most this part of a file system."""
_CONTAINER = Path("/run/systemd/container")
"""Exists if systemd runs in a container (systemd.io, CONTAINER_INTERFACE)."""
_SECURITY_ENDS = {11: date(2027, 10, 31), 12: date(2028, 10, 31), 13: date(2029, 10, 31), 14: date(2030, 10, 31)}
"""When security fixes for a Python 3 end (devguide.python.org, Status of Python versions)."""


class Room(NamedTuple):
    """The free part and the size of a file system; a size of 0 if it counts none."""

    left: int
    all: int

    def severity(self, little: int, nothing: int) -> Severity:
        """How bad it is.

        Args:
            little: the limit for a warning.
            nothing: the limit for an error.
        """
        if not self.all or self.left >= min(little, self.all * _LITTLE_PART):
            return Severity.OK
        return Severity.ERROR if self.left < min(nothing, self.all * _LITTLE_PART / 10) else Severity.WARNING


def space(facts: Facts) -> Iterator[Finding]:
    """There is disk space for data, code and temporary files."""
    for path, status in _file_systems(facts):
        room = Room(status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize)
        severity = room.severity(_LITTLE_SPACE_BYTES, _NO_SPACE_BYTES)
        if severity is not Severity.OK:
            quoted = shlex.quote(mount_of(path).point)
            cure = f"{BY_HAND}remove what is not needed; list the largest: du -xah {quoted} | sort -h | tail -n 20"
            found = f"{room.left / 1e6:,.0f} MB of {room.all / 1e6:,.0f} MB left"
            yield Finding(severity, "the file system is nearly full", str(path), found, "more", cure)


def inodes(facts: Facts) -> Iterator[Finding]:
    """There are inodes for more files."""
    for path, status in _file_systems(facts):
        room = Room(status.f_favail, status.f_files)
        severity = room.severity(_FEW_INODES, _NO_INODES)
        if severity is not Severity.OK:
            quoted = shlex.quote(mount_of(path).point)
            cure = (
                f"{BY_HAND}remove what is not needed; list the folders with most files: "
                f"du -x --inodes {quoted} | sort -n | tail -n 20"
            )
            found = f"{room.left:,} of {room.all:,} inodes left"
            yield Finding(severity, "the file system has hardly any inodes left", str(path), found, "more", cure)


def _file_systems(facts: Facts) -> Iterator[tuple[Path, os.statvfs_result]]:
    """The folders that the site writes to, one for each file system.

    The folder for temporary files is the first candidate; tempfile would choose another one if that is full.
    """
    places = [facts.bundle.root.parent, Path(os.environ.get("TMPDIR") or "/tmp")]
    with contextlib.suppress(Unknown):
        places.insert(0, next(path for path in (facts.data, *facts.data.parents) if path.exists()))
    seen: set[int] = set()
    for place in filter(Path.is_dir, places):
        if (device := place.stat().st_dev) not in seen:
            seen.add(device)
            yield place, os.statvfs(place)


class Mount(NamedTuple):
    """A mount (proc(5), mountinfo).

    Attributes:
        point: the folder.
        options: of the mount.
        system_options: of the file system.
    """

    point: str
    options: tuple[str, ...]
    system_options: tuple[str, ...]


def mount_of(path: Path) -> Mount:
    """The mount of a path: the last of the deepest ones."""
    found = Mount("/", (), ())
    real = path.resolve()
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        mounted, _, system = line.partition(" - ")
        point, options = mounted.split()[4:6]
        point = re.sub(r"\\([0-7]{3})", lambda escaped: chr(int(escaped[1], 8)), point)
        if real.is_relative_to(point) and len(point) >= len(found.point):
            found = Mount(point, tuple(options.split(",")), tuple(system.split()[-1].split(",")))
    return found


def noexec(facts: Facts) -> Iterator[Finding]:
    """Compiled modules and programs of the packages can be run from the unpacked code."""
    tree = facts.bundle.root
    if os.statvfs(tree).f_flag & os.ST_NOEXEC:
        severity = Severity.ERROR if facts.manifest.has_extensions else Severity.WARNING
        what = "programs and compiled modules cannot be run from there"
        cure = facts.by(ROOT, f"mount -o remount,bind,exec {shlex.quote(mount_of(tree).point)}")
        yield Finding(severity, what, str(tree), "mounted noexec", "exec", cure)


def read_only(facts: Facts) -> Iterator[Finding]:
    """Data is not on a file system that is mounted read-only."""
    place = facts.data
    if not place.exists():
        raise DoesNotApply(f"there is no data yet in {place}")
    if cure := remount_writable(facts, place):
        yield Finding(Severity.ERROR, "cannot be written", str(place), "mounted read-only", "rw", cure)


def remount_writable(facts: Facts, place: Path) -> str:
    """The command that makes a read-only file system writable; "" for others."""
    if not os.statvfs(place).f_flag & os.ST_RDONLY:
        return ""
    mount = mount_of(place)
    # The file system itself is read-only, or only this mount of it (mount(8), bind).
    how = "remount,rw" if "ro" in mount.system_options else "remount,bind,rw"
    return facts.by(ROOT, f"mount -o {how} {shlex.quote(mount.point)}")


def clock(facts: Facts) -> Iterator[Finding]:
    """The clock is right, as far as that is known."""
    built = built_at(facts.bundle.executable)
    cure = facts.by(ROOT, "timedatectl set-ntp true")
    if facts.now < built - 86400:
        found, wanted = (f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M}" for time in (facts.now, built))
        what = "the time is before that of the build: certificates and sessions fail"
        yield Finding(Severity.ERROR, what, "the clock", f"{found} UTC", f"later than {wanted} UTC", cure)
    elif machine.has_systemd() and not _CONTAINER.exists() and _is_synchronised() == "no":
        yield Finding(Severity.WARNING, "is not synchronised", "the clock", cure=cure)


def built_at(executable: Path) -> float:
    """When a file was built, in seconds since 1970: the time stamp of its members."""
    with zipfile.ZipFile(executable) as archive:
        return datetime(*archive.getinfo(CONTAINER).date_time, tzinfo=UTC).timestamp()


def _is_synchronised() -> str:
    try:
        return machine.run("timedatectl", "show", "--property=NTPSynchronized", "--value").strip()
    except machine.Failed:
        return ""


def python(facts: Facts) -> Iterator[Finding]:
    """Python is the version that the file was built with, and still gets security fixes."""
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if running != facts.manifest.python:
        wanted = f"Python {facts.manifest.python}"
        program = shutil.which(f"python{facts.manifest.python}")
        way = f"start the file with {program}, or " if program else ""
        cure = f"{BY_HAND}{way}build the file for this version: django-pyz build --python {running}"
        what = "the file was built and tested with another version"
        yield Finding(Severity.WARNING, what, sys.executable, f"Python {running}", wanted, cure)
    ends = _SECURITY_ENDS.get(sys.version_info.minor)
    if ends and datetime.fromtimestamp(facts.now, UTC).date() > ends:
        cure = f"{BY_HAND}build the file with a newer Python: django-pyz build --python 3.{max(_SECURITY_ENDS)}"
        what = "gets no more security fixes"
        yield Finding(Severity.WARNING, what, f"Python {running}", f"its end on {ends.isoformat()}", cure=cure)


CHECKS = (
    Check("disk-space", "there is disk space for data, code and temporary files", space),
    Check("inodes", "there are inodes for more files", inodes),
    Check("noexec", "programs can be run from the unpacked code", noexec),
    Check("read-only", "the file system of the data is writable", read_only),
    Check("clock", "the clock is right, as far as that is known", clock),
    Check("python", "Python is the version that the file was built with", python),
)
