"""A Debian machine with a systemd of its own as process 1, in a container of systemd-nspawn on a throw-away overlay."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import programs
from tests.e2e.corpus.sources import scratch_folder
from tests.waiting import DEADLINE_SECONDS, wait_until

CAN_BOOT = pytest.mark.needs(
    *(programs.ROOT, programs.DEBIAN, "mmdebstrap", "nsenter", "systemd-analyze", "systemd-nspawn", "unshare")
)
"""Of the tests that boot a machine, whose file system comes from the mirror that this machine is set up with."""
STOP_SECONDS = 60
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}
EXPOSURE = "15"
"""What `systemd-analyze security` may find at most, times ten: 1.5; without any confinement it finds 9.6."""
_FETCH = """
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers={"Host": sys.argv[2]})).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""
_HIERARCHIES = ("unified", "systemd", "")
"""Below /sys/fs/cgroup: the two that systemd uses on a machine with both versions, and the only one with version 2."""
_NUMBERS = itertools.count()

# The overlay is mounted in a mount namespace that ends with the container; nothing is mounted outside it.
_BOOT = """
for group; do echo $$ > "$group/cgroup.procs"; done
mount -t overlay -o "lowerdir=$LOWER,upperdir=$FOLDER/upper,workdir=$FOLDER/work" overlay "$FOLDER/merged"
exec setpriv --pdeathsig TERM systemd-nspawn --quiet --directory="$FOLDER/merged" --machine="$NAME" --boot \
    --register=no --keep-unit --private-network --console=pipe --link-journal=no --resolv-conf=off --timezone=off \
    ${OUTSIDE:+--bind="$OUTSIDE:$SHARED"}
"""
SHARED = "/mnt"
"""Where a machine has the folder that it shares with what runs outside."""


@dataclass(frozen=True)
class Booted:
    """A booted machine.

    Attributes:
        leader: its process 1, as it is numbered outside.
    """

    leader: int

    def path(self, inside: str) -> Path:
        """A path on the machine, for use from outside."""
        return Path(f"/proc/{self.leader}/root") / inside.lstrip("/")

    def run(self, *command: str, within: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run a command on the machine, as root, to its end.

        Args:
            command: of the machine.
            within: a command of this one that runs it, such as strace.
        """
        enter = ["nsenter", "--target", str(self.leader), "-m", "-u", "-i", "-n", "-p", "-C", "--", *command]
        return subprocess.run(
            [*within, *enter],
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
        )

    def succeed(self, *command: str) -> str:
        """Run a command that must end well, and return its standard output."""
        done = self.run(*command)
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def status(self, url: str, host: str = "localhost") -> int:
        """The status of a page, asked for on the machine."""
        return int(self.succeed("python3", "-c", _FETCH, url, host))

    def badly_confined(self, *units: str) -> list[str]:
        """Those units that systemd finds exposed."""
        command = ("systemd-analyze", "security", f"--threshold={EXPOSURE}")
        return [unit for unit in units if self.run(*command, unit).returncode]


@contextlib.contextmanager
def booted(root: Path, shared: Path | None = None) -> Iterator[Booted]:
    """Boot a machine, and stop it at the end of the block; it and all that was mounted for it are gone then.

    Args:
        root: its file system, which stays as it is.
        shared: a folder outside that it is to have, as SHARED.
    """
    name = f"django-pyz-tests-{os.getpid()}-{next(_NUMBERS)}"
    with scratch_folder() as folder, _control_groups(name) as groups, (folder / "console").open("wb") as console:
        for part in ("upper", "work", "merged"):
            (folder / part).mkdir()
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-euc", _BOOT, "sh", *groups],
            env={
                **_ENVIRONMENT,
                "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
                "LOWER": str(root),
                "FOLDER": str(folder),
                "NAME": name,
                "OUTSIDE": str(shared or ""),
                "SHARED": SHARED,
            },
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _wait_for_boot(process, folder / "console")
        finally:
            _stop(process)
    # What nspawn leaves where /run is no tmpfs.
    shutil.rmtree(Path("/run/systemd/nspawn/propagate") / name, ignore_errors=True)


def _wait_for_boot(process: subprocess.Popen[bytes], console: Path) -> Booted:
    def is_running() -> bool:
        assert process.poll() is None, console.read_text(errors="replace")
        leader = _leader(process.pid)
        if not leader:
            return False
        state = Booted(leader).run("systemctl", "is-system-running").stdout.strip()
        return state in ("running", "degraded")

    wait_until(is_running, lambda: console.read_text(errors="replace"))
    leader = _leader(process.pid)
    assert leader
    machine = Booted(leader)
    # systemd is to log every message that a service sends it: so much that journald would drop a part of it.
    unlimited = machine.path("/etc/systemd/journald.conf.d/unlimited.conf")
    unlimited.parent.mkdir()
    unlimited.write_text("[Journal]\nRateLimitBurst=0\n")
    machine.succeed("systemctl", "restart", "systemd-journald")
    machine.succeed("systemctl", "log-level", "debug")
    return machine


def _leader(pid: int) -> int | None:
    """The child that is process 1 in a process namespace of its own, or None."""
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            status = Path(f"/proc/{child}/status").read_text()
            numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()
            if len(numbers) > 2 and numbers[-1] == "1":
                return int(child)
    return None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Shut the machine down; where it hangs, take its process 1 away, and with that all others."""
    leader = _leader(process.pid)
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.kill(leader or process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        process.kill()
        process.wait(STOP_SECONDS)


@contextlib.contextmanager
def _control_groups(name: str) -> Iterator[list[str]]:
    """A control group of its own in every hierarchy that systemd knows, for a machine to be booted in."""
    hierarchies = [Path("/sys/fs/cgroup") / hierarchy for hierarchy in _HIERARCHIES]
    groups = [hierarchy / name for hierarchy in hierarchies if (hierarchy / "cgroup.procs").is_file()]
    for group in groups:
        group.mkdir()
    try:
        yield [str(group) for group in groups]
    finally:
        for group in groups:
            wait_until(functools.partial(_removed, group), f"{group} to be empty")


def _removed(group: Path) -> bool:
    """Remove a control group and those in it; whether that was possible."""
    try:
        for folder, _, _ in os.walk(group, topdown=False):
            os.rmdir(folder)
    except OSError:
        return False
    return True
