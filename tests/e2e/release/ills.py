"""Everything that a test breaks on a booted machine for `pyz doctor` to find, and the machine."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.bundle.container import read_container
from tests.e2e.release.cures import Told
from tests.e2e.release.installed import NEWER, SETTINGS, UNITS, BareMachine

_NO_MAIL = ("email", "info")
DATA = "/var/lib/flat"
DATABASE = f"{DATA}/db.sqlite3"
DROP_INS = "/etc/systemd/system/flat.service.d"
_CACHES = '{"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "kept"}}'
NGINX = "/etc/nginx/conf.d/flat.conf"


class Clinic:
    """A machine with the site installed, upgraded, backed up and well.

    Args:
        bare: the machine.
    """

    def __init__(self, bare: BareMachine) -> None:
        self.bare = bare
        bare.install("--set=settings.ALLOWED_HOSTS=shop.example.org", "--set=serve.workers=1")
        bare.booted.succeed(
            "sh", "-c", "runuser -u flat -- flat pyz backup && mkdir -p /var/log/journal /etc/nginx/conf.d"
        )
        bare.booted.succeed("journalctl", "--flush")
        self._settings = self.path(SETTINGS).read_text()

    def path(self, inside: str) -> Path:
        """A path on the machine."""
        return self.bare.booted.path(inside)

    def sh(self, command: str) -> str:
        """Run a shell command there that must end well."""
        return self.bare.booted.succeed("sh", "-c", command)

    def sql(self, statement: str) -> None:
        """Change the database as the site."""
        code = f"import sqlite3; c = sqlite3.connect('{DATABASE}'); c.execute({statement!r}); c.commit()"
        self.bare.booted.succeed("runuser", "-u", "flat", "--", "python3", "-c", code)

    def reset(self) -> None:
        """Put settings.ini back."""
        self.path(SETTINGS).write_text(self._settings)
        self.sh(f"chown root:flat {SETTINGS}; chmod 640 {SETTINGS}; rm -f {NGINX}; [ ! -e /tmp/small ] || umount /tmp")

    def set(self, section: str, key: str, value: str) -> None:
        """Write a value into settings.ini."""
        path, line = self.path(SETTINGS), f"{key} = {value}"
        text, count = re.subn(rf"(?m)^{re.escape(key)} = .*$", line, path.read_text())
        path.write_text(text if count else text.replace(f"[{section}]\n", f"[{section}]\n{line}\n", 1))

    def says(self) -> Told:
        """What all checks find, but for a note: no mail server is on the machine."""
        told = Told.of(self.bare.run("flat", "pyz", "doctor", "--json"))
        return told._replace(findings=[one for one in told.findings if (one["check"], one["severity"]) != _NO_MAIL])


def _nginx(clinic: Clinic) -> None:
    clinic.path(NGINX).write_text(
        "upstream flat { server unix:/run/flat.sock; }\n"
        "server { server_name shop.example.org tea.example.org; # comment }\n"
        "location / { proxy_pass http://flat; } location /static/ { alias /srv/static/; } }\n"
    )


def _local(clinic: Clinic) -> None:
    clinic.path("/etc/flat/local.py").write_text("DEFAULT_FROM_EMAIL = undefined\n")
    clinic.set("project", "local_settings", "/etc/flat/local.py")


def _mail(clinic: Clinic) -> None:
    clinic.set("settings", "EMAIL_HOST", "127.0.0.1")
    clinic.set("settings", "EMAIL_PORT", "2525")


def _interrupted(clinic: Clinic) -> None:
    """It has not come far: nothing is in the place of what there was."""
    build = read_container(str(clinic.path(NEWER))).build_id
    note = {"what": "upgrade", "to": build, "before": "", "step": "unpack", "file": NEWER, "backup": "", "failed": ""}
    clinic.path(f"{DATA}/upgrade.json").write_text(json.dumps({**note, "migrations": []}))


def _old_trees(clinic: Clinic) -> None:
    for digit in "0123":
        tree = clinic.path(f"/usr/lib/flat/releases/{digit * 64}/site-packages")
        tree.mkdir(parents=True)
        (tree / "__manifest__.json").write_text('{"name": "flat"}')
        os.utime(tree.parent, (0, 0))


def _damaged(clinic: Clinic) -> None:
    path = clinic.path("/usr/bin/flat")
    content = bytearray(path.read_bytes())
    content[-100_000] ^= 1
    path.unlink()
    path.write_bytes(content)
    path.chmod(0o755)


def _taken(clinic: Clinic) -> None:
    clinic.sh("systemctl stop flat.target flat.socket flat.service")
    clinic.sh("systemd-run --unit=other python3 -m http.server 8000 --bind 127.0.0.1")
    clinic.sh("until python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 8000))' 2>&1; do :; done")


def _taken_by_a_socket(clinic: Clinic) -> None:
    clinic.sh("systemctl stop flat.target flat.socket flat.service")
    units = clinic.path("/run/systemd/system")
    (units / "other.socket").write_text("[Socket]\nListenStream=8000\n")
    (units / "other.service").write_text("[Service]\nExecStart=sleep infinity\n")
    clinic.sh("systemctl start other.socket")


def _failed(clinic: Clinic) -> None:
    text = clinic.path(SETTINGS).read_text()
    clinic.set("serve", "workers", "many")
    clinic.bare.run("systemctl", "restart", "flat.service")
    clinic.path(SETTINGS).write_text(text)


def _secret_file(clinic: Clinic) -> None:
    clinic.sh("install -m 644 /dev/null /etc/flat/mail")
    clinic.set("settings", "EMAIL_HOST_PASSWORD@file", "/etc/flat/mail")


def _drop_in(clinic: Clinic, line: str) -> None:
    clinic.path(DROP_INS).mkdir(parents=True, exist_ok=True)
    (clinic.path(DROP_INS) / "local.conf").write_text(f"[Service]\n{line}\n")
    clinic.sh("systemctl daemon-reload")


def _remounted(clinic: Clinic, folder: str, how: str) -> None:
    clinic.sh(f"mount --bind {folder} {folder} && mount -o remount,bind,{how} {folder}")


def _stale(clinic: Clinic) -> None:
    """After the wave that has collected them."""
    _nginx(clinic)
    clinic.set("settings", "ALLOWED_HOSTS", "shop.example.org, tea.example.org")
    clinic.sh("rm -r /srv/static/shop")


class Ill(NamedTuple):
    """Something that is broken.

    Attributes:
        check: that finds it.
        says: a part of what it says.
        breaks: how; a shell command, or more than that.
    """

    check: str
    says: str
    breaks: str | Callable[[Clinic], object]

    def inflict(self, clinic: Clinic) -> None:
        """Break it."""
        if isinstance(self.breaks, str):
            clinic.sh(self.breaks)
        else:
            self.breaks(clinic)


_LATER = "INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0099_later', '2026-01-01')"
WAVES: dict[str, list[Ill]] = {
    "an upgrade that was broken off": [
        Ill("upgrade", "was not finished", _interrupted),
    ],
    "a word in settings.ini, and permissions": [
        Ill("configuration", "did you mean threads?", lambda clinic: clinic.set("serve", "thread", "2")),
        Ill("settings-mode", "mode 0644", f"chmod 644 {SETTINGS}"),
        Ill("program", "mode 0777", "chmod 777 /usr/bin/flat"),
        Ill("data-folder", "mode 0755", f"chmod 755 {DATA}"),
        Ill("secret-key-file", "mode 0644", f"install -m 644 -o flat /dev/null {DATA}/secret_key"),
        Ill("secret-files", "mode 0644", _secret_file),
        Ill("backups", "mode 0644", f"chmod 644 {DATA}/backups/*.gz"),
        Ill("old-code", "releases that are probably not needed", _old_trees),
        Ill("unit-read", "has not read its last change", f"touch -d 'next year' {UNITS}/flat.service"),
        Ill("journal", "is lost", "rm -r /var/log/journal"),
    ],
    "values in settings.ini, and migrations": [
        Ill("allowed-hosts", "tea.example.org", _nginx),
        Ill("static-files", "are not there", lambda clinic: None),
        Ill("debug", "DEBUG on", lambda clinic: clinic.set("settings", "DEBUG", "true")),
        Ill("secret-key", "9 characters", lambda clinic: clinic.set("settings", "SECRET_KEY", "a-b-c-d-e")),
        Ill("email", "127.0.0.1:2525", _mail),
        Ill("caches", "no such table", lambda clinic: clinic.set("settings", "CACHES", _CACHES)),
        Ill("migrations-missing", "not applied", "runuser -u flat -- flat migrate --verbosity 0 auth 0011"),
        Ill("backups", "no backup", f"rm {DATA}/backups/*"),
    ],
    "settings that cannot be imported, and units": [
        Ill("time-zone", "Europe/Berln", lambda clinic: clinic.set("settings", "TIME_ZONE", "Europe/Berln")),
        Ill("program", "user daemon", "chown daemon /usr/bin/flat"),
        Ill("backups", "is old", f"touch -d '20 days ago' {DATA}/backups/*.gz"),
        Ill("unit-files", "is not there", f"rm {UNITS}/flat.target"),
        Ill("unit-files", "differs", f"echo >> {UNITS}/flat.service"),
        Ill("unit-changes", "changes the unit", lambda clinic: _drop_in(clinic, "StandardError=null")),
        Ill("journal", "goes nowhere", lambda clinic: None),
    ],
    "owners": [
        Ill("settings-owner", "user daemon", f"chown daemon {SETTINGS}"),
        Ill("data-folder", "user daemon", f"chown daemon {DATA}"),
        Ill("data-files", "user root", f"chown root:root {DATABASE}"),
        Ill("code", "/usr/lib/flat", "chmod o+w /usr/lib/flat"),
        Ill("unit-running", "inactive", "systemctl stop flat.target"),
    ],
    "a database that root has made, and a full disk": [
        Ill("migrations-ahead", "auth.0099_later", lambda clinic: clinic.sql(_LATER)),
        Ill("database-writable", "not written", f"chown root {DATABASE}"),
        Ill("static-files", "not those of this release", _stale),
        Ill("disk-space", "MB left", "mount -t tmpfs -o size=8M,nr_inodes=64 tmpfs /tmp && touch /tmp/small"),
        Ill("inodes", "inodes left", "mkdir /tmp/big && touch $(seq -f /tmp/big/%g 58)"),
        Ill("disk-space", "MB left", "head -c 9M /dev/zero > /tmp/big/file || true"),
        Ill("unit-enabled", "disabled", "systemctl disable flat.target"),
    ],
    "a group that may not read": [
        Ill("settings-mode", "cannot read it", f"chgrp root {SETTINGS}"),
        Ill("socket", "may not write", "chmod 600 /run/flat.sock"),
    ],
    "a module that fails, and a port that is taken": [
        Ill("settings", "'undefined' is not defined", _local),
        Ill("port", "127.0.0.1:8000", _taken),
    ],
    "a port that systemd has for another site": [
        Ill("port", "systemd, for other.socket", _taken_by_a_socket),
    ],
    "a service that has failed": [
        Ill("unit-running", "has failed", _failed),
    ],
    "a damaged file, and mounts": [
        Ill("program-intact", "is damaged", _damaged),
        Ill("noexec", "mounted noexec", lambda clinic: _remounted(clinic, "/usr/lib/flat", "noexec")),
        Ill("read-only", "mounted read-only", lambda clinic: _remounted(clinic, DATA, "ro")),
    ],
    "another file, and no socket": [
        Ill("running-release", "another release", "install -m 755 /root/flat.pyz /usr/bin/flat"),
        Ill("socket", "is not there", "rm /run/flat.sock"),
    ],
}
"""What is broken at once."""
