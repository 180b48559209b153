"""The files for /etc that come with a bundle, made from the options' one declaration and the project's names."""

from __future__ import annotations

import secrets
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django_pyz_runtime.bundle.manifest import Variable
from django_pyz_runtime.config.options import OPEN_SECTIONS, OPTIONS, SECTIONS
from django_pyz_runtime.secrets.recognise import shown


@dataclass(frozen=True)
class Names:
    """The names that the files speak of.

    Attributes:
        name: of the project.
        script: of the executable.
        package: the settings package, which names the WSGI file.
    """

    name: str
    script: str
    package: str


def etc_files(names: Names) -> dict[str, str]:
    """All files, by their place below etc/."""
    return {
        f"{names.name}/settings.ini": settings_ini(names.name),
        f"{names.name}/{names.package}.wsgi": _filled(_WSGI, names),
        f"systemd/{names.name}.service": _filled(_SERVICE, names),
        f"systemd/{names.name}.socket": _filled(_SOCKET, names),
        f"nginx/{names.name}.conf": _filled(_NGINX, names),
    }


def settings_ini(
    name: str, entries: Mapping[str, Sequence[str]] | None = None, in_force: Collection[tuple[str, str]] = ()
) -> str:
    """Every option, commented out, with its meaning and default.

    Args:
        name: of the project.
        entries: by open section, the lines that stand there in place of the examples.
        in_force: options that are not commented out, by section and key.
    """
    lines = [
        f"# The configuration of {name}. Uncomment what you change; `pyz config check` reports every mistake.",
        "# KEY@file = PATH and KEY@credential = NAME read a value from a file or a systemd credential.",
    ]
    for section, purpose in SECTIONS.items():
        lines += ["", "", f"[{section}]", *_comment(purpose)]
        for option in OPTIONS:
            if option.section == section:
                lines += ["", *_comment(option.help.format(name=name))]
                mark = "" if (section, option.key) in in_force else "#"
                lines.append(f"{mark}{option.key} = {(option.default or option.example).format(name=name)}".rstrip())
        if section in OPEN_SECTIONS:
            lines += ["", *((entries or {}).get(section) or _examples(section, name))]
    return "\n".join(lines) + "\n"


def fresh_settings_ini(name: str, variables: Sequence[Variable], *, for_system: bool) -> str:
    """The same, ready for production: a secret key of its own, no debug pages, and the variables of this project.

    Args:
        name: of the project.
        variables: the environment variables that its settings read.
        for_system: whether it is for all users of the machine, whose commands are then to find the same data.
    """
    fresh = ["DEBUG = false", f"SECRET_KEY = {secrets.token_urlsafe(50)}", "ALLOWED_HOSTS = localhost, 127.0.0.1"]
    examples = [example for example in _examples("settings", name) if example != f"#{fresh[0]}"]
    entries = {"env": [*_variable_lines(variables)], "settings": [*fresh, *examples]}
    return settings_ini(name, entries, {("project", "data_dir")} if for_system else ())


def _examples(section: str, name: str) -> list[str]:
    return [f"#{example.format(name=name)}" for example in OPEN_SECTIONS[section]]


def _variable_lines(variables: Sequence[Variable]) -> Iterator[str]:
    """A commented line for each variable: those without a default first, each with where it is read."""
    for item in sorted(variables, key=lambda item: item.default is not None):
        need = f"default {shown(item.name, item.default)}" if item.default is not None else "no default"
        yield f"# {', '.join(filter(None, [item.kind, need, item.where]))}"
        yield f"#{item.name} ="


def options_table() -> str:
    """The options as a Markdown table."""
    rows = ["| Section | Option | Default | Meaning |", "|---|---|---|---|"]
    for option in OPTIONS:
        default = f"`{option.default}`" if option.default else ""
        meaning = option.help.format(name="NAME").replace("|", "\\|")
        rows.append(f"| `[{option.section}]` | `{option.key}` | {default} | {meaning} |")
    rows += [f"| `[{section}]` | any | | {SECTIONS[section]} |" for section in OPEN_SECTIONS]
    return "\n".join(rows) + "\n"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 98, initial_indent="# ", subsequent_indent="# ")


def _filled(template: str, names: Names) -> str:
    """A template with @NAME@, @SCRIPT@ and @PACKAGE@ filled in."""
    return template.replace("@NAME@", names.name).replace("@SCRIPT@", names.script).replace("@PACKAGE@", names.package)


_WSGI = '''\
"""The site for a WSGI server of your own: mod_wsgi, uWSGI, gunicorn, waitress.

The server must run the Python that the executable was built for. A server that wants the name of a module instead of a
file gets one by a link: `ln -s @PACKAGE@.wsgi @PACKAGE@_wsgi.py`, then for example
`waitress-serve @PACKAGE@_wsgi:application`, started in this folder.
"""

import sys

EXECUTABLE = "/usr/bin/@SCRIPT@"

sys.path.insert(0, EXECUTABLE)

from django_pyz_runtime.launcher import wsgi_application  # noqa: E402

application = wsgi_application(EXECUTABLE)
'''

_SERVICE = """\
[Unit]
Description=@NAME@
Wants=network-online.target
After=network-online.target
Requires=@NAME@.socket

[Service]
Type=notify
ExecStart=/usr/bin/@SCRIPT@ runserve
# A reload is an upgrade: file and configuration as they are now. What cannot serve is refused.
ExecReload=/usr/bin/@SCRIPT@ runserve --check
ExecReload=/bin/sh -c 'kill -HUP $MAINPID'
WatchdogSec=30
KillMode=mixed
TimeoutStartSec=600
TimeoutStopSec=60
Restart=on-failure
RestartPreventExitStatus=2

User=@NAME@
Group=@NAME@
ConfigurationDirectory=@NAME@
StateDirectory=@NAME@
StateDirectoryMode=0750
CacheDirectory=@NAME@
CacheDirectoryMode=0750
UMask=0027

NoNewPrivileges=yes
CapabilityBoundingSet=
LockPersonality=yes
PrivateDevices=yes
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

[Install]
WantedBy=multi-user.target
"""

_SOCKET = """\
[Unit]
Description=@NAME@ (socket)

[Socket]
ListenStream=/run/@NAME@.sock

[Install]
WantedBy=sockets.target
"""

_NGINX = """\
# nginx in front of @NAME@: copy to /etc/nginx/conf.d/, set server_name, add TLS.

upstream @NAME@ {
    server unix:/run/@NAME@.sock fail_timeout=0;
}

server {
    listen 80;
    server_name localhost;

    client_max_body_size 10m;

    location / {
        proxy_pass http://@NAME@;
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
    }

    # Uploads, where the project has them at MEDIA_URL = /media/:
    #location /media/ {
    #    alias /var/lib/@NAME@/media/;
    #}

    # Static files are served by @SCRIPT@ itself. To let nginx do it, run
    # `@SCRIPT@ collectstatic --dir /srv/static` and uncomment:
    #location /static/ {
    #    alias /srv/static/;
    #    gzip_static on;
    #}
}
"""
