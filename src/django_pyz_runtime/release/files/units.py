"""Units for systemd, and files for sysusers and tmpfiles, which create the user and the folders.

Every service is confined in the same way: it sees the system read-only, writes only to its own folders, and cannot
become another user. `systemd-analyze security` explains each line.
"""

from __future__ import annotations

import re

from django_pyz_runtime.release.files.site import Service, Site, Timer

WRITTEN = "# Written by {script} for the site {name}. Changes belong into {unit}.d/*.conf: systemctl edit {unit}"
"""The first line of a unit; one without it is foreign."""
_PLAIN = r"[\w@%+=:,./-]+"
_RELOAD = """\
# A reload is an upgrade: file and configuration as they are now. What cannot serve is refused.
ExecReload={program} pyz reload
"""
_PLACES = """\
User={user}
Group={user}
ConfigurationDirectory={name}
StateDirectory={name}
StateDirectoryMode=0750
CacheDirectory={name}
CacheDirectoryMode=0750
RuntimeDirectory={name}
RuntimeDirectoryPreserve=yes
UMask=0027
"""
_CONFINED = """\
NoNewPrivileges=yes
CapabilityBoundingSet=
LockPersonality=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateTmp=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
"""
_ANY = ("", "0.0.0.0", "[::]")


def web_service(site: Site) -> str:
    """The unit of the web server, which systemd starts at the first connection or with the target."""
    return _head(site, f"{site.name}.service", site.name, _WITH_NETWORK, f"Requires={site.name}.socket") + (
        "[Service]\n"
        "Type=notify\n"
        f"ExecStart={_command(site, ('runserve',))}\n"
        f"{_RELOAD.format(program=site.program)}"
        "WatchdogSec=30\n"
        "KillMode=mixed\n"
        "TimeoutStartSec=600\n"
        "TimeoutStopSec=60\n"
        "Restart=on-failure\n"
        "RestartPreventExitStatus=2\n"
        f"\n{_confinement(site)}\n"
        f"[Install]\nWantedBy={site.name}.target\n"
    )


def web_socket(site: Site) -> str:
    """The unit of the sockets, which stay open while the web server restarts."""
    streams = "".join(f"ListenStream={stream}\n" for stream in site.streams)
    # At boot an address of the network may not exist yet.
    early = "FreeBind=yes\n" if any(_is_of_network(stream) for stream in site.streams) else ""
    return _head(site, f"{site.name}.socket", f"{site.name} (socket)") + (
        f"[Socket]\n{streams}{early}RemoveOnStop=yes\n\n[Install]\nWantedBy=sockets.target {site.name}.target\n"
    )


def target(site: Site) -> str:
    """The unit that all others belong to, to enable, start and stop the site."""
    unit = f"{site.name}.target"
    others = " ".join(name for name in unit_names(site) if name != unit and _is_enabled(site, name))
    head = _head(site, unit, f"{site.name} (all of the site)", is_part=False)
    return f"{head}[Install]\nWantedBy=multi-user.target\nAlso={others}\n"


def service_unit(site: Site, service: Service) -> str:
    """The unit of a process that runs beside the web server."""
    unit = f"{site.name}-{service.name}.service"
    # Servers that it needs, such as a queue, may be away for long.
    head = _head(site, unit, f"{site.name} ({service.name})", _WITH_NETWORK, "StartLimitIntervalSec=0")
    return head + (
        "[Service]\n"
        f"ExecStart={_command(site, service.command)}\n"
        "KillMode=mixed\n"
        f"TimeoutStopSec={service.stop_seconds}\n"
        "Restart=always\n"
        "RestartSec=5\n"
        "RestartPreventExitStatus=2\n"
        f"\n{_confinement(site)}\n"
        f"[Install]\nWantedBy={site.name}.target\n"
    )


def timer_units(site: Site, timer: Timer) -> dict[str, str]:
    """The units of a scheduled command, by their names."""
    stem, description = f"{site.name}-{timer.name}", f"{site.name} ({timer.name})"
    service = _head(site, f"{stem}.service", description, _WITH_NETWORK, is_part=False) + (
        f"[Service]\nType=oneshot\nExecStart={_command(site, timer.command)}\n\n{_confinement(site)}"
    )
    # Persistent: a run that was missed while the machine was off is made up for.
    clock = _head(site, f"{stem}.timer", f"{description}, at its times") + (
        f"[Timer]\nOnCalendar={timer.on_calendar}\nPersistent=yes\n\n[Install]\nWantedBy={site.name}.target\n"
    )
    return {f"{stem}.service": service, f"{stem}.timer": clock}


def units(site: Site) -> dict[str, str]:
    """All units of a site by their names."""
    made = {
        f"{site.name}.service": web_service(site),
        f"{site.name}.socket": web_socket(site),
        f"{site.name}.target": target(site),
    }
    for service in site.services:
        made[f"{site.name}-{service.name}.service"] = service_unit(site, service)
    for timer in site.timers:
        made |= timer_units(site, timer)
    return made


def unit_names(site: Site) -> list[str]:
    """The names of a site's units, without rendering them."""
    timers = [f"{site.name}-{timer.name}.{kind}" for timer in site.timers for kind in ("service", "timer")]
    services = [f"{site.name}-{service.name}.service" for service in site.services]
    return [*(f"{site.name}.{kind}" for kind in ("service", "socket", "target")), *services, *timers]


def sysusers(site: Site) -> str:
    """The file that systemd-sysusers creates the user from (sysusers.d(5))."""
    return f'u {site.user} - "The site {site.name}" {site.state_dir}\n'


def tmpfiles(site: Site) -> str:
    """The file that systemd-tmpfiles creates the folders from, also at each boot (tmpfiles.d(5))."""
    folders = dict.fromkeys([site.state_dir, site.data, site.backups], "0750") | {site.runtime_dir: "0755"}
    return "".join(f"d {_quoted(folder)} {mode} {site.user} {site.user}\n" for folder, mode in folders.items())


_WITH_NETWORK = "Wants=network-online.target\nAfter=network-online.target"


def _head(site: Site, unit: str, description: str, *more: str, is_part: bool = True) -> str:
    lines = [
        WRITTEN.format(script=site.script, name=site.name, unit=unit),
        "[Unit]",
        f"Description={description}",
        *more,
        *([f"PartOf={site.name}.target"] if is_part else []),
    ]
    return "\n".join(lines) + "\n\n"


def _confinement(site: Site) -> str:
    own = _PLACES.format(name=site.name, user=site.user)
    elsewhere = f"ReadWritePaths={_quoted(site.data)}\n" if site.data != site.state_dir else ""
    return f"{own}{elsewhere}\n{_CONFINED}"


def _is_enabled(site: Site, unit: str) -> bool:
    """Whether the target starts a unit, rather than a timer."""
    return unit not in {f"{site.name}-{timer.name}.service" for timer in site.timers}


def _is_of_network(stream: str) -> bool:
    host, colon, _ = stream.rpartition(":")
    return bool(colon) and not stream.startswith("/") and host not in (*_ANY, "[::1]") and not host.startswith("127.")


def _command(site: Site, arguments: tuple[str, ...]) -> str:
    """A command line that systemd splits into the same words (systemd.service(5), Command lines)."""
    return " ".join(_word(word) for word in (site.program, *arguments))


def _word(word: str) -> str:
    return _quoted(word.replace("$", "$$"))


def _quoted(word: str) -> str:
    word = word.replace("%", "%%")
    if re.fullmatch(_PLAIN, word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
