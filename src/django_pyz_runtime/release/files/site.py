"""What the files of a host are made from: the names of a bundle, and what its configuration says of its places."""

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
        name: its own; the unit is NAME-`name`.service.
        command: what follows the executable, such as ("pyz", "service", "worker").
        stop_seconds: how long it may go on when it is told to end.
    """

    name: str
    command: tuple[str, ...]
    stop_seconds: int = 600


class Timer(NamedTuple):
    """A command that runs at set times.

    Attributes:
        name: its own; the units are NAME-`name`.service and NAME-`name`.timer.
        command: what follows the executable, such as ("clearsessions",).
        on_calendar: when, as systemd.time(7) has it.
    """

    name: str
    command: tuple[str, ...]
    on_calendar: str


class Site(NamedTuple):
    """A site on a host.

    Attributes:
        name: the project's; of units and folders.
        script: of the executable in /usr/bin.
        wsgi_module: the project's; "" where there is none.
        binds: the addresses of `[serve] bind`.
        data_dir: where its data is.
        path: the path below which its settings say that it is, as "/shop"; "" where they do not.
        services: what runs beside the web server.
        timers: what runs at set times.
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
        """The site of a bundle that nobody has configured."""
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
        """The name of its user and group: the project's where systemd takes that (systemd.exec(5), User=)."""
        name = re.sub(r"[^A-Za-z0-9_-]", "_", self.name)
        return (f"_{name}" if name[0].isdigit() else name)[:_LONGEST_USER]

    @property
    def state_dir(self) -> str:
        """The folder below /var/lib that systemd makes for it: its home."""
        return f"/var/lib/{self.name}"

    @property
    def data(self) -> str:
        """Where its data is."""
        return self.data_dir or self.state_dir

    @property
    def backups(self) -> str:
        """Where its backups are."""
        return f"{self.state_dir}/backups"

    @property
    def runtime_dir(self) -> str:
        """Where its processes say that they run."""
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
        """Where its releases are."""
        return places.INSTALLED.format(name=self.name)

    @property
    def socket(self) -> str:
        """The path of the socket that web servers ask."""
        return f"/run/{self.name}.sock"

    @property
    def streams(self) -> tuple[str, ...]:
        """Where systemd listens: at its socket, and at each `[serve] bind` (systemd.socket(5), ListenStream=).

        Raises:
            UserError: an address has the name of a host, which systemd does not look up.
        """
        return tuple(dict.fromkeys([self.socket, *(stream for bind in self.binds for stream in _streams(bind))]))

    @property
    def wsgi_file(self) -> str:
        """The path of the file for WSGI servers of one's own, called as the package that has the project's."""
        package, dot, _ = self.wsgi_module.partition(".")
        return f"/etc/{self.name}/{package if dot else self.name}.wsgi"


def _streams(bind: str) -> list[str]:
    """An address of `[serve] bind` as systemd wants it; a socket that is passed on is no address."""
    if bind.startswith("unix:"):
        return [str(Path(bind.removeprefix("unix:")))]
    if bind.startswith("fd://"):
        return []
    host, _, port = bind.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host
    if host and not re.fullmatch(r"[0-9.]+|\[[0-9A-Fa-f:.]+\]", host):
        raise UserError(
            f"[serve] bind: systemd listens at addresses, not at names of hosts, found {bind}",
            hint=f"Write the address of {host}, or :{port} for all that this machine has.",
        )
    return [f"{host}:{port}" if host else port]
