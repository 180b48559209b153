"""The plan of an installation: the site, its files, its settings.ini."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.names import is_there
from django_pyz_runtime.config import levels
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.config.settings_ini import fresh_settings_ini
from django_pyz_runtime.config.variable_targets import variables_of
from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.release.files.files import HostFile, system_files
from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.install import machine
from django_pyz_runtime.release.install.settings_file import with_values


class Plan(NamedTuple):
    """An installation.

    Attributes:
        bundle: this one.
        arguments: of the command line, with the values that it sets.
        root: of the machine, or a folder that stands for it.
        site: as configured.
        files: the files for systemd.
        shell_files: the files for shells and man(1).
        settings: path of settings.ini below the root.
        before: the text of settings.ini without the values of the command line; None if the file exists.
        text: the future text of settings.ini.
        configuration: the future configuration.
    """

    bundle: Bundle
    arguments: Arguments
    root: Path
    site: Site
    files: list[HostFile]
    shell_files: list[HostFile]
    settings: Path
    before: str | None
    text: str
    configuration: Configuration

    @classmethod
    def of(cls, bundle: Bundle, arguments: Arguments, root: Path, shell_files: list[HostFile]) -> Plan:
        """Make a plan; this only reads.

        Args:
            bundle: this one.
            arguments: of the command line.
            root: of the machine, or a folder that stands for it.
            shell_files: the files for shells and man(1).

        Raises:
            UserError: the command line or settings.ini has mistakes, or they contradict each other.
        """
        named = Site.of_names(bundle.manifest)
        if arguments.config is not None:
            raise UserError(
                "--config: `pyz install --system` uses or writes the settings.ini of the system",
                hint=f"Copy the file to {named.settings} first, and leave the option out.",
            )
        settings = root / named.settings.lstrip("/")
        is_new = not is_there(str(settings))
        given = Arguments(os.devnull if is_new else str(settings), arguments.assignments, [])
        environ = machine.credentials(named) if root == Path("/") else {}
        configuration = levels.load(bundle.manifest, given, environ, os.geteuid())
        if problems := configuration.problems:
            raise UserError(*problems, hint=f"Nothing was changed.{_of_credentials(named, problems)}")
        before = _fresh(bundle, has_key=root == Path("/")) if is_new else _read(settings)
        text = with_values(str(settings), before, arguments.assignments, is_new=is_new)
        site = Site.of(bundle, configuration)
        kept = before if is_new else None
        files = system_files(site)
        return cls(bundle, arguments, root, site, files, shell_files, settings, kept, text, configuration)

    @property
    def is_staged(self) -> bool:
        """Whether the root is a folder that stands for a machine."""
        return self.root != Path("/")

    def path(self, place: str) -> Path:
        """A place of the machine below the root."""
        return self.root / place.lstrip("/")

    @property
    def health(self) -> str:
        """The path of a page that says whether the site is ready, or at least alive."""
        paths = (str(self.configuration.get("health", name)) for name in ("ready", "live"))
        return next((path for path in paths if path != "off"), "/")


def _of_credentials(site: Site, problems: Iterable[str]) -> str:
    """How to continue if a credential is missing: other processes can read it only while the service runs."""
    if not any("found no CREDENTIALS_DIRECTORY" in problem for problem in problems):
        return ""
    return (
        f" A credential can be read while its service runs: `systemctl start {site.name}.service`; or install with the "
        "value itself, and make that a credential afterwards."
    )


def _fresh(bundle: Bundle, *, has_key: bool) -> str:
    manifest = bundle.manifest
    made_from = variables_of(("ALLOWED_HOSTS", "DEBUG", "SECRET_KEY"), manifest.variables, bundle.project_folder)
    return fresh_settings_ini(manifest.name, manifest.variables, for_system=True, made_from=made_from, has_key=has_key)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({system_reason(error)})", hint="Nothing was changed.") from None
