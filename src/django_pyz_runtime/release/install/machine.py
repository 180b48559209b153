"""What an installation asks of the machine: its programs, users and services, and pages of the site."""

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
_BOOTED = "/run/systemd/system"
"""There where systemd is process 1 (sd_booted(3))."""


class Failed(Exception):
    """A program has failed; the text says which, and in which words."""


def has_systemd() -> bool:
    """Whether systemd runs this machine."""
    return os.path.isdir(_BOOTED)


def clean_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a service, without what whoever installs has in theirs."""
    language = os.environ.get("LANG", "C.UTF-8")
    return {"PATH": _SEARCH, "LANG": language, **(more or {})}


def run(*command: str | Path) -> str:
    """Run a program to its end, and return what it has printed.

    Raises:
        Failed: it ended with another code than 0, or cannot be started.
    """
    return _output(_completed(command, clean_environment()), command)


def succeeds(*command: str | Path) -> bool:
    """Whether a program ends with 0."""
    return _completed(command, clean_environment()).returncode == 0


def completed_as(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the site's executable as the site's user, with what systemd gives to its service, to its end."""
    return completed_by(site, site.program, *arguments)


def completed_by(site: Site, program: str | Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same with another executable."""
    return _completed([program, *arguments], service_environment(site), user=site.user)


def service_environment(site: Site, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a site's service, as far as systemd gives it.

    Args:
        site: whose service.
        more: what else is in it.
    """
    places = {"HOME": site.state_dir, "STATE_DIRECTORY": site.state_dir, "CACHE_DIRECTORY": f"/var/cache/{site.name}"}
    return clean_environment({**places, **credentials(site, site.user), **(more or {})})


def credentials(site: Site, user: str = "root") -> dict[str, str]:
    """The variable that names the credentials of the site's service, where its unit has some (systemd.exec(5)).

    They are there while the service runs, for root and for its user.

    Args:
        site: whose service.
        user: who is to read them.
    """
    service = f"{site.name}.service"
    folder = f"/run/credentials/{service}"
    if not os.path.isdir(folder) or user not in ("root", unit_property(service, "User")):
        return {}
    return {"CREDENTIALS_DIRECTORY": folder}


def run_as(site: Site, *arguments: str) -> str:
    """The same, for a command that must end well.

    Raises:
        Failed: it did not.
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
    """The home of a user; None where there is no such user."""
    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError:
        return None


def group_id(group: str) -> int | None:
    """The number of a group; None where there is no such group."""
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        return None


def make_user(site: Site, sysusers_file: Path) -> None:
    """Make the site's user and group, which own its data: by sysusers.d, or where that is not to be had, by useradd.

    Raises:
        Failed: it cannot be made.
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
    """A property of a unit; "" where there is none."""
    done = _completed(["systemctl", "show", "--property", name, "--value", unit], clean_environment())
    return done.stdout.strip()


def is_active(unit: str) -> bool:
    """Whether a unit is active."""
    return succeeds("systemctl", "is-active", "--quiet", unit)


def last_words(unit: str, lines: int = 10) -> str:
    """What a service and systemd have said last."""
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
    """The status with which a site answers at its unix socket, 0 where it does not, and what it says: JSON if it can.

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
    """Refuse to go on as another user.

    Raises:
        UserError: this is another one.
    """
    if os.geteuid():
        raise UserError(f"{what}: only root can do that", hint="Run it as root, or look first with --print.")
