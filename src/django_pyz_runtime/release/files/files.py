"""All files of a host, with their places there and below a folder for review; the sample's are in `etc`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.config.settings_ini import settings_ini
from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.release.files import units, web_servers
from django_pyz_runtime.release.files.site import Site

UNITS = "/usr/lib/systemd/system"
"""The folder of installed units; those in /etc/systemd/system are the operator's and override them."""
_SEAL = "{mark} An upgrade replaces this file as long as nobody has changed it: {digest}\n"
_MARKS = ("#", '.\\"')
"""The beginnings of comments; the last is for man pages."""
_DIGITS = 16


class HostFile(NamedTuple):
    """A file of a host.

    Attributes:
        path: below a folder for review.
        place: absolute path on the host.
        text: its content.
    """

    path: str
    place: str
    text: str


def host_files(site: Site) -> list[HostFile]:
    """All files of a site.

    Raises:
        UserError: systemd cannot listen at the site's addresses.
    """
    name = site.name
    below = f"{name}-below-a-path.conf"
    folder = f"/etc/{name}"
    wsgi_file = site.wsgi_file.removeprefix("/etc/")
    return [
        *system_files(site),
        HostFile(f"nginx/{name}.conf", f"/etc/nginx/conf.d/{name}.conf", web_servers.nginx(site)),
        HostFile(f"nginx/{below}", f"/etc/nginx/snippets/{below}", web_servers.nginx_below_a_path(site)),
        HostFile(wsgi_file, site.wsgi_file, web_servers.wsgi(site)),
        HostFile(f"{name}/settings.ini", f"{folder}/settings.ini", settings_ini(name)),
    ]


def system_files(site: Site) -> list[HostFile]:
    """The files for systemd.

    Raises:
        UserError: systemd cannot listen at the site's addresses.
    """
    texts = [(f"systemd/{name}", f"{UNITS}/{name}", text) for name, text in units.units(site).items()]
    texts += [
        (f"{kind}.d/{site.name}.conf", f"/usr/lib/{kind}.d/{site.name}.conf", text)
        for kind, text in (("sysusers", units.sysusers(site)), ("tmpfiles", units.tmpfiles(site)))
    ]
    return [HostFile(path, place, sealed(text)) for path, place, text in texts]


def sealed(text: str) -> str:
    """A text with an added line that holds its digest."""
    mark = _MARKS[1] if text.startswith(_MARKS[1]) else _MARKS[0]
    return text + _SEAL.format(mark=mark, digest=hashlib.sha256(text.encode()).hexdigest()[:_DIGITS])


def is_as_written(text: str) -> bool:
    """Whether a file for systemd, a shell or man(1) is unchanged since a release has written it."""
    lines = text.splitlines(keepends=True)
    return text == sealed("".join(lines[:-1]))


def enabled_units(files: Iterable[HostFile]) -> list[str]:
    """The names of the units to enable: all except those that a timer starts."""
    return [Path(file.place).name for file in files if "\n[Install]\n" in file.text]


def service_units(site: Site, files: Iterable[HostFile]) -> list[str]:
    """The names of the units of `[services]`, which run beside the web server."""
    return [unit for unit in enabled_units(files) if unit.endswith(".service") and unit != f"{site.name}.service"]


def write_below(folder: Path, files: list[HostFile]) -> list[tuple[Path, bool]]:
    """Write files below a folder for review, or none of them.

    Returns:
        Each path, and whether it was written rather than already there.

    Raises:
        UserError: an existing file differs, or one cannot be written.
    """
    states = {folder / file.path: _differs(folder / file.path, file.text) for file in files}
    if differing := [f"{path}: exists and differs, so nothing was written" for path, state in states.items() if state]:
        raise UserError(*differing, hint="Move these files away, or give another folder.")
    for file in files:
        path = folder / file.path
        if states[path] is None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(file.text, encoding="utf-8")
            except OSError as error:
                raise UserError(
                    f"{error.filename or path}: {system_reason(error)}", hint="Give another folder."
                ) from None
    return [(path, state is None) for path, state in states.items()]


def _differs(path: Path, text: str) -> bool | None:
    """Whether a file has another text; None if it does not exist."""
    if not os.path.lexists(path):
        return None
    try:
        return path.read_text(encoding="utf-8") != text
    except (OSError, UnicodeDecodeError):
        return True
