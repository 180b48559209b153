"""Make this process the project's: the only writer of os.environ, sys.path and the settings hook."""

from __future__ import annotations

import json
import os
import site as python_site
import sys
from collections.abc import MutableMapping
from enum import Enum
from pathlib import Path
from typing import Any

from django_pyz_runtime import embedded, trust, typed_settings
from django_pyz_runtime.arguments import Arguments
from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.configuration import Configuration, Level
from django_pyz_runtime.manifest import STATIC_FOLDER, Manifest, Site
from django_pyz_runtime.names import user_folder
from django_pyz_runtime.relocation import Move, Relocator
from django_pyz_runtime.settings_hook import SettingsHook
from django_pyz_runtime.sources import INHERITED

SETTINGS_MODULE = "DJANGO_SETTINGS_MODULE"


_LATER = "generated with the first command that needs it"


class Purpose(Enum):
    """What a project is activated for.

    RUN is a command; SERVE answers requests; CHECK stops the import of the settings once the values for them have been
    looked at; SHOW imports them and writes nothing.
    """

    RUN = "run"
    SERVE = "serve"
    CHECK = "check"
    SHOW = "show"


class Activation:
    """A project made ready for import; remembers what was done to its settings.

    Attributes:
        moves: the paths that were moved to the data folder, once the settings have been imported.
        generated_key: whether the secret key is the generated one, likewise.
    """

    def __init__(self, site: Site, configuration: Configuration, purpose: Purpose) -> None:
        self.moves: list[Move] = []
        self.generated_key = False
        self._site = site
        self._configuration = configuration
        self._purpose = purpose
        self.data_dir = data_dir(site.manifest, configuration)

    def change_settings(self, namespace: dict[str, Any]) -> None:
        """Apply the configuration to the namespace of the settings module.

        Raises:
            Complaint: values do not fit, or the local settings cannot be trusted.
        """
        from django.conf import global_settings

        self._set_static(namespace)
        problems = list(typed_settings.apply(namespace, self._configuration.section("settings"), global_settings))
        if problems or self._purpose is Purpose.CHECK:
            raise Complaint(*problems)
        site = self._site
        may_write = self._purpose is not Purpose.SHOW
        relocator = Relocator(site.site_packages, site.project_folder, self.data_dir, makes_folders=may_write)
        self.moves = relocator.relocate(namespace)
        if embedded.needs_secret_key(namespace):
            namespace["SECRET_KEY"] = embedded.secret_key(self.data_dir) if may_write else _LATER
            self.generated_key = True
        if self._purpose is Purpose.SERVE:
            may_debug = self._configuration.level("settings", "DEBUG") > Level.SEALED
            embedded.close_doors(namespace, may_debug=may_debug)
        if local := self._configuration.get("project", "local_settings"):
            _run_local_settings(local, namespace)

    def _set_static(self, namespace: MutableMapping[str, Any]) -> None:
        built_in = self._site.site_packages / STATIC_FOLDER if self._site.manifest.has_static else None
        if root := self._configuration.get("static", "root") or built_in:
            namespace["STATIC_ROOT"] = str(root)
            # django-compressor's own root; it must be where its sources are.
            if "COMPRESS_ROOT" in namespace:
                namespace["COMPRESS_ROOT"] = str(root)
        if url := self._configuration.get("static", "url"):
            namespace["STATIC_URL"] = url


def activate(
    site: Site,
    configuration: Configuration,
    arguments: Arguments,
    environ: MutableMapping[str, str] = os.environ,
    purpose: Purpose = Purpose.RUN,
) -> Activation:
    """Set sys.path, the environment and the settings hook. Django can be imported from here on.

    A second activation takes the place of the first.

    Args:
        site: the bundle.
        configuration: free of problems.
        arguments: of the command line; what it configures is passed on to child processes.
        environ: the environment to change.
        purpose: what for.
    """
    manifest = site.manifest
    roots = [str(site.site_packages / root) for root in manifest.import_roots]
    sys.path[:] = [*roots, *(entry for entry in sys.path if entry not in roots)]
    if manifest.has_pth:
        python_site.addsitedir(str(site.site_packages))
    for value in configuration.section("env"):
        if value.level >= Level.ENVIRONMENT or value.key not in environ:
            environ[value.key] = value.text
    environ[SETTINGS_MODULE] = settings_module(manifest, configuration, environ)
    if configuration.file.named_by:
        environ[manifest.env_prefix + "CONFIG"] = configuration.file.path
    if arguments.assignments:
        environ[manifest.env_prefix + INHERITED] = json.dumps(arguments.assignments)
    activation = Activation(site, configuration, purpose)
    others = [finder for finder in sys.meta_path if not isinstance(finder, SettingsHook)]
    sys.meta_path[:] = [SettingsHook(activation.change_settings), *others]
    return activation


def missing_settings(error: BaseException) -> Complaint | None:
    """What to say where the settings module itself is not there; None for every other error."""
    module = os.environ.get(SETTINGS_MODULE, "")
    missing = error.name if isinstance(error, ModuleNotFoundError) and error.name else ""
    if not missing or not f"{module}.".startswith(f"{missing}."):
        return None
    return Complaint(
        f"the settings module {module!r}: there is no module {missing!r}",
        hint=f"It is named by {SETTINGS_MODULE}, by [project] settings_module, or by the build.",
    )


def refused(error: Exception, hint: str = "") -> Complaint:
    """What to say where Django finds the settings improperly configured."""
    return Complaint(f"{os.environ[SETTINGS_MODULE]}: {error}", hint=hint)


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
        Complaint: there is no home folder to put it into.
    """
    if chosen := configuration.get("project", "data_dir"):
        return Path(chosen)
    if given := os.environ.get("STATE_DIRECTORY", "").split(":")[0]:
        return Path(given)
    if os.geteuid() == 0:
        return Path("/var/lib") / manifest.name
    from platformdirs import user_data_path

    if not user_folder("XDG_DATA_HOME", ".local/share", os.environ):
        raise Complaint(
            "there is no home folder to keep data in",
            hint="Set [project] data_dir to a folder that this user can write.",
        )
    return user_data_path(manifest.name, appauthor=False)


def _run_local_settings(path: Path, namespace: dict[str, Any]) -> None:
    """Run a file of settings inside the settings module. It is code, so it is trusted like the tree is."""
    try:
        real = path.resolve(strict=True)
        trust.check_file(str(real), os.geteuid())
        source = real.read_bytes()
    except trust.Untrusted as reason:
        raise Complaint(f"[project] local_settings: {reason}", hint="Only root or this user may write it.") from None
    except OSError as error:
        raise Complaint(f"[project] local_settings: {path}: {(error.strerror or str(error)).lower()}") from None
    exec(compile(source, str(real), "exec"), namespace)
