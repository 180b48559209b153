"""The facts for the files of a host: the names of a bundle, and the places in its configuration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.boot import places
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.bundle.services import SERVICES, TIMERS, timer_name, words
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.services import entries

_LONGEST_USER = 31


class Service(NamedTuple):
    """A process that runs beside the web server.

    Attributes:
        name: the unit is NAME-`name`.service.
        command: the arguments of the executable, such as ("pyz", "service", "worker").
        stop_seconds: how long it may take to stop.
    """

    name: str
    command: tuple[str, ...]
    stop_seconds: int = 600


class Timer(NamedTuple):
    """A scheduled command.

    Attributes:
        name: the units are NAME-`name`.service and NAME-`name`.timer.
        command: the arguments of the executable, such as ("clearsessions",).
        on_calendar: its times, as in systemd.time(7).
    """

    name: str
    command: tuple[str, ...]
    on_calendar: str


class Site(NamedTuple):
    """A site on a host.

    Attributes:
        name: of the project, its units and folders.
        script: the name of the executable in /usr/bin.
        wsgi_module: of the project; "" if there is none.
        binds: the addresses of `[serve] bind`.
        data_dir: its data folder.
        path: its URL prefix in the settings, as "/shop"; "" for none.
        services: the processes beside the web server.
        timers: the scheduled commands.
    """

    name: str
    script: str
    wsgi_module: str = ""
    binds: tuple[str, ...] = ("127.0.0.1:8000",)
    data_dir: str = ""
    path: str = ""
    services: tuple[Service, ...] = ()
    timers: tuple[Timer, ...] = ()

    @classmethod
    def of_names(cls, manifest: Manifest) -> Site:
        """The site of a bundle without configuration."""
        return cls(manifest.name, manifest.script, manifest.wsgi_module)

    @classmethod
    def of(cls, bundle: Bundle, configuration: Configuration) -> Site:
        """The site of a bundle with its configuration.

        Args:
            bundle: this one.
            configuration: free of problems.
        """
        below = configuration.values.get(("settings", "FORCE_SCRIPT_NAME"))
        chosen = configuration.get("project", "data_dir")
        return cls.of_names(bundle.manifest)._replace(
            binds=tuple(configuration.get("serve", "bind")),
            data_dir=str(chosen or ""),
            path=below.text.rstrip("/") if below and below.text.startswith("/") else "",
            services=tuple(
                Service(value.key, ("pyz", "service", value.key)) for value in entries(configuration, SERVICES)
            ),
            timers=tuple(
                Timer(timer_name(value.key), words(value.key), value.text) for value in entries(configuration, TIMERS)
            ),
        )

    @property
    def user(self) -> str:
        """The name of its user and group: the project's if systemd accepts it (systemd.exec(5), User=)."""
        name = re.sub(r"[^A-Za-z0-9_-]", "_", self.name)
        return (f"_{name}" if name[0].isdigit() else name)[:_LONGEST_USER]

    @property
    def state_dir(self) -> str:
        """Its folder below /var/lib, which systemd creates: its home."""
        return f"/var/lib/{self.name}"

    @property
    def data(self) -> str:
        """Its data folder."""
        return self.data_dir or self.state_dir

    @property
    def backups(self) -> str:
        """Its folder of backups."""
        return f"{self.state_dir}/backups"

    @property
    def runtime_dir(self) -> str:
        """Its folder for records of running processes."""
        return f"/run/{self.name}"

    @property
    def settings(self) -> str:
        """The path of its settings.ini."""
        return f"/etc/{self.name}/settings.ini"

    @property
    def program(self) -> str:
        """The path of its executable."""
        return f"/usr/bin/{self.script}"

    @property
    def releases(self) -> str:
        """Its folder of releases."""
        return places.INSTALLED.format(name=self.name)

    @property
    def socket(self) -> str:
        """The path of its socket for web servers."""
        return f"/run/{self.name}.sock"

    @property
    def streams(self) -> tuple[str, ...]:
        """Where systemd listens: at its socket, and at each `[serve] bind` (systemd.socket(5), ListenStream=).

        Raises:
            UserError: an address has a host name, which systemd does not look up.
        """
        return tuple(dict.fromkeys([self.socket, *(stream for bind in self.binds for stream in _streams(bind))]))

    @property
    def wsgi_file(self) -> str:
        """The path of the file for other WSGI servers, named as the package of the WSGI module."""
        package, dot, _ = self.wsgi_module.partition(".")
        return f"/etc/{self.name}/{package if dot else self.name}.wsgi"


def _streams(bind: str) -> list[str]:
    """An address of `[serve] bind` in systemd's form; none for an inherited socket."""
    if bind.startswith("unix:"):
        return [str(Path(bind.removeprefix("unix:")))]
    if bind.startswith("fd://"):
        return []
    host, _, port = bind.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host
    if host and not re.fullmatch(r"[0-9.]+|\[[0-9A-Fa-f:.]+\]", host):
        raise UserError(
            f"[serve] bind: systemd listens at addresses, not at host names, found {bind}",
            hint=f"Write the address of {host}, or :{port} for all addresses of this machine.",
        )
    return [f"{host}:{port}" if host else port]
