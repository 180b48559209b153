"""Facts about the site and its host, collected when a check first needs them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.boot.trust import user_name
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.names import SYSTEM_CONFIGURATION
from django_pyz_runtime.config import levels
from django_pyz_runtime.config.configuration import Configuration, Level, Value
from django_pyz_runtime.config.resolved import data_dir
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release import record
from django_pyz_runtime.release.doctor import look_process
from django_pyz_runtime.release.doctor.findings import BY_HAND, DoesNotApply, Unknown
from django_pyz_runtime.release.doctor.secret_files import SecretFile, named_in
from django_pyz_runtime.release.files.files import HostFile, system_files
from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.install import checks, machine
from django_pyz_runtime.release.record import Running
from django_pyz_runtime.secrets.redaction import remember

ROOT = "root"
_PLACE = re.compile(r"(/.+):(\d+)")


class Facts:
    """The facts.

    Args:
        bundle: this one.
        arguments: of the command line.
        environ: the environment.
    """

    def __init__(self, bundle: Bundle, arguments: Arguments, environ: Mapping[str, str] = os.environ) -> None:
        self.bundle = bundle
        self.manifest = bundle.manifest
        self.arguments = arguments
        self.now = time.time()
        self.me = user_name(os.geteuid())
        self._environ = dict(environ)
        if "CREDENTIALS_DIRECTORY" not in environ:
            self._environ |= machine.credentials(Site.of_names(bundle.manifest), self.me)

    @cached_property
    def configuration(self) -> Configuration:
        """The configuration, with all its mistakes."""
        found = levels.load(self.manifest, self.arguments, self._environ, os.geteuid())
        remember(found.texts())
        return found

    def option(self, section: str, key: str) -> Any:
        """The value of an option.

        Raises:
            Unknown: it is not known.
        """
        try:
            return self.configuration.get(section, key)
        except ValueError:
            raise Unknown(f"[{section}] {key} has a mistake") from None

    @cached_property
    def site(self) -> Site:
        """The site by its names, with its configuration if that is free of problems."""
        if self.configuration.problems:
            return Site.of_names(self.manifest)
        return Site.of(self.bundle, self.configuration)

    @cached_property
    def data(self) -> Path:
        """The data folder.

        Raises:
            Unknown: it is not known.
        """
        if self.settings_ini.exists() and not os.access(self.settings_ini, os.R_OK):
            raise Unknown(f"user {self.me} may not read {self.settings_ini}")
        try:
            if self.has_user and not self.option("project", "data_dir"):
                # As systemd passes it to the service.
                return Path(self.site.state_dir)
            return data_dir(self.manifest, self.configuration)
        except (UserError, ValueError) as error:
            raise Unknown(str(error).splitlines()[0]) from None

    @cached_property
    def settings_ini(self) -> Path:
        """The main configuration file, which need not exist."""
        return Path(self.configuration.file.path)

    @cached_property
    def settings_files(self) -> list[Path]:
        """The existing configuration files: the main one and those beside it."""
        fragments = sorted((self.settings_ini.parent / "conf.d").glob("*.ini"))
        return [path for path in (self.settings_ini, *fragments) if path.exists()]

    @cached_property
    def secret_files(self) -> list[SecretFile]:
        """The files that `KEY@file` names."""
        return [*named_in(self.settings_files)]

    @cached_property
    def units(self) -> list[Path]:
        """The site's installed units.

        Raises:
            DoesNotApply: systemd is not running here, or there are none.
        """
        self.need_units()
        return checks.units_of_site(self.site)

    def need_units(self) -> None:
        """Continue only if systemd serves the site.

        Raises:
            DoesNotApply: it does not.
        """
        if not self.has_units:
            raise DoesNotApply(self._why_no_units)

    @cached_property
    def _why_no_units(self) -> str:
        if not machine.has_systemd():
            return "systemd is not running on this machine"
        is_there = checks.units_of_site(self.site) or self._is_enabled
        return "" if is_there else "no units of this site are installed"

    @property
    def _is_enabled(self) -> bool:
        """Whether the site was enabled, although its units may be gone."""
        return os.path.lexists(f"/etc/systemd/system/multi-user.target.wants/{self.site.name}.target")

    @cached_property
    def has_units(self) -> bool:
        """Whether systemd serves the site."""
        return not self._why_no_units

    @cached_property
    def wanted_units(self) -> list[HostFile]:
        """The units as an installation would write them.

        Raises:
            Unknown: the configuration has mistakes.
            DoesNotApply: the site has no units here.
        """
        self.need_units()
        if self.configuration.problems:
            raise Unknown("the configuration has mistakes")
        try:
            return [file for file in system_files(self.site) if "/systemd/" in file.place]
        except UserError as error:
            raise Unknown(error.problem) from None

    @cached_property
    def has_user(self) -> bool:
        """Whether the site has a user of its own on this host."""
        return machine.user_home(self.site.user) == self.site.state_dir

    @cached_property
    def user(self) -> str:
        """The user who serves the site, or would."""
        return self.site.user if self.has_user else self.me

    @cached_property
    def is_installed(self) -> bool:
        """Whether this is the active executable of this host, or a kept one."""
        from django_pyz_runtime.release.upgrade.left import root_of

        return root_of(self.bundle) == Path("/")

    @cached_property
    def processes(self) -> list[Running]:
        """The running processes of the site."""
        try:
            data = self.data
        except Unknown:
            data = None
        return record.running(self.manifest.name, data)

    @cached_property
    def seen(self) -> Mapping[str, Any]:
        """Facts from a process that has imported the site's settings, as the user who serves it."""
        return look_process.run(self.bundle, self.arguments, self._look_environment, self._look_user, self.site)

    @cached_property
    def _look_user(self) -> str | None:
        return self.user if os.geteuid() == 0 and self.user != ROOT else None

    @property
    def _look_environment(self) -> dict[str, str]:
        """The environment of that process: that of the service, if it runs as another user."""
        inherited = {self.manifest.env_prefix + levels.INHERITED: json.dumps(self.arguments.assignments)}
        if self._look_user is None:
            state = {"STATE_DIRECTORY": self.site.state_dir} if self.has_user else {}
            return {**state, **self._environ, **inherited}
        chosen = {name: text for name, text in self._environ.items() if name.startswith(self.manifest.env_prefix)}
        return {**chosen, **inherited}

    def look(self, name: str) -> Any:
        """A fact from this process.

        Args:
            name: of the fact.

        Raises:
            Unknown: there is none, as the settings cannot be imported.
        """
        if name not in self.seen:
            raise Unknown("the settings cannot be imported" if "settings" not in self.seen else "the site cannot load")
        return self.seen[name]

    @property
    def settings(self) -> Mapping[str, Any]:
        """Its facts about the settings."""
        found: Mapping[str, Any] = self.look("settings")
        return found

    @cached_property
    def program(self) -> str:
        """The executable, for commands of the site."""
        path = self.bundle.executable
        name = path.name if shutil.which(path.name) == str(path) else str(path)
        return self.configuration.command(name)

    def by(self, user: str, command: str) -> str:
        """A command for a user to run, as this user has to type it."""
        if user == self.me:
            return command
        return f"runuser -u {user} -- {command}" if self.me == ROOT else f"as {user}: {command}"

    def ours(self, words: str) -> str:
        """A command of the site, for the user who serves it."""
        return self.by(self.user, f"{self.program} {words}")

    def is_system(self, path: Path) -> bool:
        """Whether a file or folder belongs to the system's configuration."""
        return path.is_relative_to(SYSTEM_CONFIGURATION)

    def owner_of(self, path: Path) -> str:
        """The owner of a file or folder."""
        return user_name(path.stat().st_uid)

    def by_owner(self, path: Path, command: str) -> str:
        """A command that only root or the owner of a file may run."""
        return command if self.me in (ROOT, self.owner_of(path)) else f"as root: {command}"

    def value(self, section: str, key: str) -> Value | None:
        """The value of an option or setting with its source; None if it is not set."""
        return self.configuration.values.get((section, key))

    def edit(self, section: str, key: str, text: str, then: str = "") -> str:
        """The edit of the configuration that sets an option or setting.

        Args:
            section: of the option.
            key: of it; KEY@file for a file that holds the value.
            text: the value.
            then: a command to run afterwards.
        """
        said = self.value(section, key.partition("@")[0])
        source = said.source.rpartition(", named by ")[2] if said else ""
        after = " && ".join(filter(None, [then, self.reload_command]))
        after = f"; then: {after}" if after else ""
        if found := _PLACE.fullmatch(source):
            return f"in {found[1]}, line {found[2]}: {key} = {text}{after}"
        if said and said.level in (Level.ENVIRONMENT, Level.COMMAND_LINE):
            return f"{BY_HAND}change {source} to {text}{after}"
        return f"in {self.settings_ini}, below [{section}]: {key} = {text}{after}"

    @property
    def reload_command(self) -> str:
        """The command that applies a change of the configuration; "" if no service is known."""
        if not self.has_units:
            return ""
        return self.by(ROOT, f"systemctl try-reload-or-restart {shlex.quote(self.site.name)}.service")

    def by_writer_of(self, path: Path, command: str) -> str:
        """A command for a user who can write to the folder of a file."""
        return command if os.access(path.parent, os.W_OK) else f"as {ROOT}: {command}"
