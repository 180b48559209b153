"""Values that depend on both configuration and environment: the settings module and the data folder."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.bundle.names import user_folder
from django_pyz_runtime.config.configuration import Configuration, Level
from django_pyz_runtime.errors import UserError

SETTINGS_MODULE = "DJANGO_SETTINGS_MODULE"


def settings_module(manifest: Manifest, configuration: Configuration, environ: MutableMapping[str, str]) -> str:
    """The settings module: as `--set` or the environment say, else as configured, else as built.

    DJANGO_SETTINGS_MODULE counts as the environment, below NAME__PROJECT__SETTINGS_MODULE.
    """
    configured: str | None = configuration.get("project", "settings_module")
    if configured and configuration.level("project", "settings_module") >= Level.ENVIRONMENT:
        return configured
    return environ.get(SETTINGS_MODULE) or configured or manifest.settings_module


def data_dir(manifest: Manifest, configuration: Configuration) -> Path:
    """The data folder: configured, else systemd's STATE_DIRECTORY, else /var/lib/NAME for root, else the user's.

    Raises:
        UserError: there is no home folder to put it into.
    """
    if chosen := configuration.get("project", "data_dir"):
        return Path(chosen)
    if given := os.environ.get("STATE_DIRECTORY", "").split(":")[0]:
        return Path(given)
    if os.geteuid() == 0:
        return Path("/var/lib") / manifest.name
    from platformdirs import user_data_path

    if not user_folder("XDG_DATA_HOME", ".local/share", os.environ):
        raise UserError(
            "there is no home folder to keep data in",
            hint="Set [project] data_dir to a folder that this user can write.",
        )
    return user_data_path(manifest.name, appauthor=False)
