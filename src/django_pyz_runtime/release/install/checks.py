"""The checks before an installation changes anything; they leave no trace."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.boot.trust import user_name
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config.levels import INHERITED
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.files.files import UNITS, HostFile
from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.install import machine
from django_pyz_runtime.release.install.text_files import read
from django_pyz_runtime.release.listeners import at_port, at_socket

OPERATORS_UNITS = "/etc/systemd/system"
"""Units there override installed ones (systemd.unit(5), Unit file load path)."""
_UNIT_SUFFIXES = (".service", ".socket", ".target", ".timer")
_MARK = re.compile(r"(?:#|\.\\\") Written by .+ for the site (\S+)\. ")
_FIRST_LINES = 3
"""The mark is in one of the first lines: a shell may need another line first."""


def is_of_site(path: Path, site: Site) -> bool:
    """Whether a unit or another file was written for a site."""
    try:
        lines = read(path).splitlines()[:_FIRST_LINES]
    except (OSError, EOFError, UnicodeDecodeError):
        return False
    return any((found := _MARK.match(line)) and found[1] == site.name for line in lines)


def units_of_site(site: Site, root: Path = Path("/")) -> list[Path]:
    """The existing units that were written for a site, without copies that dpkg or an editor keeps."""
    folder = root / UNITS.lstrip("/")
    found = [path for path in sorted(folder.glob(f"{site.name}*")) if path.suffix in _UNIT_SUFFIXES]
    return [path for path in found if path.is_file() and is_of_site(path, site)]


def check_foreign(site: Site, files: list[HostFile], root: Path = Path("/")) -> None:
    """Refuse to take over a foreign unit, user or data folder.

    Raises:
        UserError: with everything that is in the way.
    """
    problems = [
        f"{path}: exists, and was not written for the site {site.name}"
        for file in files
        if "/systemd/" in file.place
        and os.path.lexists(path := root / file.place.lstrip("/"))
        and not is_of_site(path, site)
    ]
    if root == Path("/"):
        problems += _foreign_accounts(site)
    if problems:
        raise UserError(
            *problems,
            hint="Nothing was changed. Move that away, or build the file again with another name: --name NAME.",
        )


def _foreign_accounts(site: Site) -> Iterator[str]:
    home = machine.user_home(site.user)
    if home not in (None, site.state_dir):
        yield f"user {site.user}: exists with the home {home}, so it is not the site's, wanted {site.state_dir}"
    try:
        owner = user_name(os.stat(site.state_dir).st_uid)
    except OSError:
        return
    if owner not in ("root", site.user):
        yield f"{site.state_dir}: belongs to the user {owner}"


def check_streams(site: Site) -> None:
    """Check that systemd can listen at the site's addresses; those of the site's own socket are fine.

    Raises:
        UserError: with every address that is in use, and by whom.
    """
    own = set(re.findall(r"(\S+) \(Stream\)", machine.unit_property(f"{site.name}.socket", "Listen")))
    own = own if machine.is_active(f"{site.name}.socket") else set()
    problems = [problem for stream in site.streams if stream not in own for problem in taken(stream, own)]
    if problems:
        raise UserError(
            *problems,
            hint="Nothing was changed. Stop that server, or choose another address: --set serve.bind=HOST:PORT, "
            f"or [serve] bind in {site.settings} if it exists.",
        )


def taken(stream: str, own: set[str]) -> Iterator[str]:
    """Why systemd could not listen at an address, with the process that does.

    Args:
        stream: the address in systemd's form.
        own: where the site's socket already listens.
    """
    if stream.startswith("/"):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(stream)
            except OSError:
                return
            yield f"{stream} is already in use by {at_socket(probe) or 'another server'}"
        return
    host, _, port = stream.rpartition(":")
    host = host.strip("[]") or ("::" if socket.has_dualstack_ipv6() else "0.0.0.0")
    if f"[::]:{port}" in own or f"0.0.0.0:{port}" in own:
        return
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, int(port)))
            probe.listen()
    except OSError as error:
        who = at_port(host, int(port))
        told = f"is already in use by {who}" if who else f"cannot be bound ({error.strerror})"
        yield f"{host if family == socket.AF_INET else f'[{host}]'}:{port} {told}"


def check_configuration(bundle: Bundle, arguments: Arguments, site: Site, settings: str, text: str | None) -> None:
    """Check the future configuration by `pyz config check` in a separate process.

    Args:
        bundle: this one.
        arguments: the values that the command line sets.
        site: its service may have credentials.
        settings: path of settings.ini.
        text: its future content, without the values of the command line; None for the existing file.

    Raises:
        UserError: with the problems.
    """
    with tempfile.TemporaryDirectory(prefix="install-") as folder:
        path = Path(folder) / "settings.ini"
        if text is not None:
            path.touch(0o600)
            path.write_text(text, encoding="utf-8")
        # Everybody on the machine could read them on a command line.
        given = {bundle.manifest.env_prefix + INHERITED: json.dumps(arguments.assignments)}
        given |= machine.credentials(site)
        config = settings if text is None else str(path)
        done = subprocess.run(
            [str(bundle.executable), "--config", config, "pyz", "config", "check"],
            cwd="/",
            env=machine.clean_environment(given),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
    if done.returncode:
        said = (done.stderr.strip() or f"exit code {done.returncode}").replace(str(path), settings)
        lines = [line.removeprefix(f"{bundle.executable.name}: ") for line in said.splitlines()]
        way = "" if text is None else ", or write the file first: `pyz config init`"
        raise UserError(
            *lines,
            hint=f"Nothing was changed. Set it with --set SECTION.KEY=VALUE{way}.",
        )
