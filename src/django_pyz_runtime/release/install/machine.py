"""Access to the machine for an installation: programs, users, services, and pages of the site."""

from __future__ import annotations

import grp
import http.client
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.release.files.site import Site

_SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LONGEST_SECONDS = 3600
"""How long a command may take: migrations of a large database take their time."""
_ANSWER_SECONDS = 30
_LONGEST_ANSWER_BYTES = 1 << 16
_ANY_HOST = {"", "0.0.0.0", "[::]", "*"}
_BOOTED = "/run/systemd/system"
"""Exists if systemd is process 1 (sd_booted(3))."""


class Failed(Exception):
    """A program has failed; the text has its name and output."""


def has_systemd() -> bool:
    """Whether systemd is running on this machine."""
    return os.path.isdir(_BOOTED)


def clean_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a service, without the variables of the installing user."""
    language = os.environ.get("LANG", "C.UTF-8")
    return {"PATH": _SEARCH, "LANG": language, **(more or {})}


def run(*command: str | Path) -> str:
    """Run a program to its end and return its output.

    Raises:
        Failed: its exit code was not 0, or it cannot be started.
    """
    return _output(_completed(command, clean_environment()), command)


def succeeds(*command: str | Path) -> bool:
    """Whether the exit code of a program is 0."""
    return _completed(command, clean_environment()).returncode == 0


def completed_as(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the site's executable to its end, as the site's user and with the environment of its service."""
    return completed_by(site, site.program, *arguments)


def completed_by(site: Site, program: str | Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same with another executable."""
    return _completed([program, *arguments], service_environment(site), user=site.user)


def service_environment(site: Site, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that systemd sets for a site's service.

    Args:
        site: the site.
        more: additional variables.
    """
    places = {"HOME": site.state_dir, "STATE_DIRECTORY": site.state_dir, "CACHE_DIRECTORY": f"/var/cache/{site.name}"}
    return clean_environment({**places, **credentials(site, site.user), **(more or {})})


def credentials(site: Site, user: str = "root") -> dict[str, str]:
    """The variable that names the credentials of the site's service, if its unit has some (systemd.exec(5)).

    They exist while the service runs, for root and for its user.

    Args:
        site: the site.
        user: the user who reads them.
    """
    service = f"{site.name}.service"
    folder = f"/run/credentials/{service}"
    if not os.path.isdir(folder) or user not in ("root", unit_property(service, "User")):
        return {}
    return {"CREDENTIALS_DIRECTORY": folder}


def run_as(site: Site, *arguments: str) -> str:
    """The same, for a command that must succeed.

    Raises:
        Failed: it failed.
    """
    return _output(completed_as(site, *arguments), [site.program, *arguments])


def _completed(
    command: Sequence[str | Path], environ: Mapping[str, str], user: str | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd="/",
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST_SECONDS,
            user=user,
            group=user,
            extra_groups=os.getgrouplist(user, pwd.getpwnam(user).pw_gid) if user else None,
            umask=0o027 if user else -1,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 127, "", f"{command[0]}: {system_reason(error)}")


def _output(done: subprocess.CompletedProcess[str], command: Sequence[str | Path]) -> str:
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}"
        raise Failed(f"{' '.join(map(str, command))}:\n{said}")
    return done.stdout


def user_home(user: str) -> str | None:
    """The home of a user; None if there is no such user."""
    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError:
        return None


def group_id(group: str) -> int | None:
    """The number of a group; None if there is no such group."""
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        return None


def make_user(site: Site, sysusers_file: Path) -> None:
    """Create the site's user and group, which own its data: by systemd-sysusers, or by useradd if that is missing.

    Raises:
        Failed: it cannot be created.
    """
    if program := shutil.which("systemd-sysusers", path=_SEARCH):
        run(program, sysusers_file)
        return
    group = ("--user-group",) if group_id(site.user) is None else ("--gid", site.user)
    shell = ("--shell", "/usr/sbin/nologin", "--home-dir", site.state_dir, "--no-create-home")
    run("useradd", "--system", *shell, *group, site.user)


def systemctl(*arguments: str) -> str:
    """Run systemctl.

    Raises:
        Failed: it failed.
    """
    return run("systemctl", *arguments)


def unit_property(unit: str, name: str) -> str:
    """A property of a unit; "" if there is none."""
    done = _completed(["systemctl", "show", "--property", name, "--value", unit], clean_environment())
    return done.stdout.strip()


def is_active(unit: str) -> bool:
    """Whether a unit is active."""
    return succeeds("systemctl", "is-active", "--quiet", unit)


def units_at(stream: str) -> list[str]:
    """The unit of a socket where systemd listens in the way of an address, and the service that it starts.

    Args:
        stream: the address, as systemd has it.
    """
    done = _completed(["systemctl", "list-sockets", "--no-legend", "--plain", "--full"], clean_environment())
    lines = [line.split() for line in done.stdout.splitlines()]
    found = next((units for listens, *units in filter(None, lines) if _are_in_the_way(listens, stream)), [])
    return [unit for unit in found if unit != "-" and "@" not in unit]


def _are_in_the_way(one: str, other: str) -> bool:
    hosts, ports = zip(*(stream.rpartition(":")[::2] for stream in (one, other)), strict=True)
    if one.startswith("/") or ports[0] != ports[1]:
        return one == other
    return hosts[0] == hosts[1] or not _ANY_HOST.isdisjoint(hosts)


def last_words(unit: str, lines: int = 10) -> str:
    """The last log lines of a service and of systemd about it."""
    words = (
        "journalctl",
        "--quiet",
        "--no-pager",
        "--output=cat",
        "--priority=info",
        f"--unit={unit}",
        f"--lines={lines}",
    )
    return _completed(words, clean_environment()).stdout.strip()


def answer_of(socket_path: str, path: str) -> tuple[int, bytes]:
    """Status and body of a site's answer at its unix socket, in JSON if possible; status 0 for no answer.

    Args:
        socket_path: of the socket.
        path: the page.
    """
    connection = http.client.HTTPConnection("localhost", timeout=_ANSWER_SECONDS)
    try:
        with socket.socket(socket.AF_UNIX) as connected:
            connected.settimeout(_ANSWER_SECONDS)
            connected.connect(socket_path)
            connection.sock = connected
            connection.request("GET", path, headers={"Connection": "close", "Accept": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read(_LONGEST_ANSWER_BYTES)
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def must_be_root(what: str) -> None:
    """Refuse to continue as a user other than root.

    Raises:
        UserError: this is another user.
    """
    if os.geteuid():
        raise UserError(f"{what}: only root can do that", hint="Run it as root, or look first with --print.")
