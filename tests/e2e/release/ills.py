"""Everything that a test breaks on a booted machine for `pyz doctor` to find, and the machine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from tests.e2e.release.cures import Told
from tests.e2e.release.installed import NEWER, SETTINGS, UNITS, BareMachine

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
        bare.booted.succeed(NEWER, "pyz", "upgrade")
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

    def says(self, *checks: str, before: str = "") -> Told:
        """What some checks find."""
        return Told.of(self.bare.run("sh", "-c", f"{before} flat pyz doctor --json {' '.join(checks)}"))


def _nginx(clinic: Clinic, more: str = "") -> None:
    clinic.path(NGINX).write_text(
        "upstream flat { server unix:/run/flat.sock; }\n"
        "server { server_name shop.example.org tea.example.org; # comment }\n"
        f"location / {{ proxy_pass http://flat; }} {more} }}\n"
    )


def _local(clinic: Clinic) -> None:
    clinic.path("/etc/flat/local.py").write_text("DEFAULT_FROM_EMAIL = undefined\n")
    clinic.set("project", "local_settings", "/etc/flat/local.py")


def _mail(clinic: Clinic) -> None:
    clinic.set("settings", "EMAIL_HOST", "127.0.0.1")
    clinic.set("settings", "EMAIL_PORT", "2525")


def _small(clinic: Clinic, option: str, fill: str) -> None:
    """A small file system for temporary files, until the reset."""
    clinic.sh(f"mount -t tmpfs -o {option} tmpfs /tmp && touch /tmp/small; {fill}")


def _interrupted(clinic: Clinic) -> None:
    build = clinic.sh("basename $(dirname $(grep -l newer /usr/lib/flat/releases/*/release.json))").strip()
    note = {"what": "upgrade", "to": build, "before": "", "step": "switch", "file": NEWER, "backup": "", "failed": ""}
    clinic.path(f"{DATA}/upgrade.json").write_text(json.dumps({**note, "migrations": []}))


def _old_trees(clinic: Clinic) -> None:
    for digit in "0123":
        tree = clinic.path(f"/usr/lib/flat/releases/{digit * 64}/site-packages")
        tree.mkdir(parents=True)
        (tree / "__manifest__.json").write_text('{"name": "flat"}')


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


def _failed(clinic: Clinic) -> None:
    text = clinic.path(SETTINGS).read_text()
    clinic.set("serve", "workers", "many")
    clinic.bare.run("systemctl", "restart", "flat.service")
    clinic.path(SETTINGS).write_text(text)


def _old_code(clinic: Clinic) -> None:
    """The file is replaced, and nobody tells the server."""
    clinic.sh("install -m 755 /root/flat.pyz /usr/bin/flat")


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
    _nginx(clinic, "location /static/ { alias /srv/static/; }")
    clinic.sh("flat collectstatic --noinput --dir /srv/static && rm -r /srv/static/shop")


ILL: list[tuple[str, str, Callable[[Clinic], object]]] = [
    ("configuration", "did you mean threads?", lambda clinic: clinic.set("serve", "thread", "2")),
    ("allowed-hosts", "tea.example.org", _nginx),
    ("debug", "DEBUG on", lambda clinic: clinic.set("settings", "DEBUG", "true")),
    ("secret-key", "9 characters", lambda clinic: clinic.set("settings", "SECRET_KEY", "a-b-c-d-e")),
    ("time-zone", "Europe/Berln", lambda clinic: clinic.set("settings", "TIME_ZONE", "Europe/Berln")),
    ("settings", "'undefined' is not defined", lambda clinic: _local(clinic)),
    ("email", "127.0.0.1:2525", lambda clinic: _mail(clinic)),
    ("caches", "no such table", lambda clinic: clinic.set("settings", "CACHES", _CACHES)),
    ("disk-space", "MB left", lambda clinic: _small(clinic, "size=8M", "head -c 8100000 /dev/zero > /tmp/big")),
    (
        "inodes",
        "inodes left",
        lambda clinic: _small(clinic, "nr_inodes=64", "mkdir /tmp/big; touch /tmp/big/$(seq -s ' /tmp/big/' 60)"),
    ),
    ("program", "mode 0777", lambda clinic: clinic.sh("chmod 777 /usr/bin/flat")),
    ("program", "user daemon", lambda clinic: clinic.sh("chown daemon /usr/bin/flat")),
    ("code", "/usr/lib/flat", lambda clinic: clinic.sh("chmod o+w /usr/lib/flat")),
    ("data-folder", "user daemon", lambda clinic: clinic.sh(f"chown daemon {DATA}")),
    ("data-folder", "mode 0755", lambda clinic: clinic.sh(f"chmod 755 {DATA}")),
    ("data-files", "user root", lambda clinic: clinic.sh(f"chown root:root {DATABASE}")),
    ("settings-owner", "user daemon", lambda clinic: clinic.sh(f"chown daemon {SETTINGS}")),
    ("settings-mode", "mode 0644", lambda clinic: clinic.sh(f"chmod 644 {SETTINGS}")),
    ("settings-mode", "cannot read it", lambda clinic: clinic.sh(f"chgrp root {SETTINGS}")),
    ("secret-key-file", "mode 0644", lambda clinic: clinic.sh(f"install -m 644 -o flat /dev/null {DATA}/secret_key")),
    ("secret-files", "mode 0644", lambda clinic: _secret_file(clinic)),
    ("database-writable", "not written", lambda clinic: clinic.sh(f"chown root {DATABASE}")),
    ("migrations-missing", "not applied", lambda clinic: clinic.sh("runuser -u flat -- flat migrate auth 0011")),
    (
        "migrations-ahead",
        "auth.0099_later",
        lambda clinic: clinic.sql(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0099_later', '2026-01-01')"
        ),
    ),
    ("unit-files", "is not there", lambda clinic: clinic.sh(f"rm {UNITS}/flat.target")),
    ("unit-files", "differs", lambda clinic: clinic.sh(f"echo >> {UNITS}/flat.service")),
    ("unit-changes", "changes the unit", lambda clinic: _drop_in(clinic, "Nice=5")),
    ("unit-read", "older text", lambda clinic: clinic.sh(f"touch -d 'next year' {UNITS}/flat.service")),
    ("unit-enabled", "disabled", lambda clinic: clinic.sh("systemctl disable flat.target")),
    ("unit-running", "inactive", lambda clinic: clinic.sh("systemctl stop flat.target")),
    ("unit-running", "has failed", _failed),
    ("port", "127.0.0.1:8000", _taken),
    ("socket", "may not write", lambda clinic: clinic.sh("chmod 600 /run/flat.sock")),
    ("socket", "is not there", lambda clinic: clinic.sh("rm /run/flat.sock")),
    ("journal", "goes nowhere", lambda clinic: _drop_in(clinic, "StandardError=null")),
    ("journal", "is lost", lambda clinic: clinic.sh("rm -r /var/log/journal")),
    ("noexec", "mounted noexec", lambda clinic: _remounted(clinic, "/usr/lib/flat", "noexec")),
    ("read-only", "mounted read-only", lambda clinic: _remounted(clinic, DATA, "ro")),
    ("program-intact", "is damaged", _damaged),
    ("running-release", "another release", _old_code),
    ("upgrade", "was not finished", _interrupted),
    ("backups", "no backup", lambda clinic: clinic.sh(f"rm {DATA}/backups/*")),
    ("backups", "is old", lambda clinic: clinic.sh(f"touch -d '20 days ago' {DATA}/backups/*.gz")),
    ("backups", "mode 0644", lambda clinic: clinic.sh(f"chmod 644 {DATA}/backups/*.gz")),
    ("old-code", "releases that nobody may need", _old_trees),
    ("static-files", "are not there", lambda clinic: _nginx(clinic, "location /static/ { alias /srv/static/; }")),
    ("static-files", "not those of this release", lambda clinic: _stale(clinic)),
]
