"""Make this process the project's: the only writer of os.environ, sys.path and the settings hook."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from enum import Enum
from typing import Any

from django_pyz_runtime import bytecode_finder, code_guard, data_links, embedded, garbage, typed_settings
from django_pyz_runtime.arguments import Arguments
from django_pyz_runtime.children import hand_down
from django_pyz_runtime.chosen import SETTINGS_MODULE, data_dir, settings_module
from django_pyz_runtime.code_path import use_code
from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.configuration import Configuration, Level
from django_pyz_runtime.local_settings import run_local_settings
from django_pyz_runtime.manifest import PROJECT_FOLDER, STATIC_FOLDER, Site
from django_pyz_runtime.operator_modules import OperatorModules
from django_pyz_runtime.read_settings import anchor
from django_pyz_runtime.redaction import remember
from django_pyz_runtime.relocation import Move, Relocator
from django_pyz_runtime.settings_errors import missing_variable
from django_pyz_runtime.settings_hook import SettingsHook
from django_pyz_runtime.surroundings import in_folder, same_key

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
        data_dir: the data folder.
        code_folder: the folder that the manifest's paths are relative to.
        static_root: STATIC_ROOT as the project has it, once the settings have been imported.
    """

    def __init__(self, site: Site, configuration: Configuration, purpose: Purpose) -> None:
        self.moves: list[Move] = []
        self.generated_key = False
        self.static_root = ""
        self._site = site
        self._configuration = configuration
        self._purpose = purpose
        self.data_dir = data_dir(site.manifest, configuration)
        self.code_folder = data_links.code_folder(site, self.data_dir, may_write=self.may_write)

    def change_settings(self, namespace: dict[str, Any]) -> None:
        """Apply the configuration to the namespace of the settings module.

        Raises:
            Complaint: values do not fit, or the local settings cannot be trusted.
        """
        from django.conf import global_settings

        self.static_root = str(namespace.get("STATIC_ROOT") or "")
        self._set_static(namespace)
        problems = list(typed_settings.apply(namespace, self._configuration.section("settings"), global_settings))
        if problems or self._purpose is Purpose.CHECK:
            raise Complaint(*problems)
        site = self._site
        relocator = Relocator(
            site.site_packages,
            self.code_folder / PROJECT_FOLDER,
            self.data_dir,
            makes_folders=self.may_write,
            static_root=self.static_root,
        )
        self.moves = relocator.relocate(namespace)
        anchor(namespace, self.code_folder / site.manifest.folder)
        if embedded.needs_secret_key(namespace):
            namespace["SECRET_KEY"] = self._key()
            self.generated_key = True
        if self._purpose is Purpose.SERVE:
            may_debug = self._configuration.level("settings", "DEBUG") > Level.SEALED
            embedded.close_doors(namespace, may_debug=may_debug)
        if local := self._configuration.get("project", "local_settings"):
            run_local_settings(local, namespace)
        garbage.resume_after_setup()

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        """What the settings find around them while they run."""
        manifest = self._site.manifest
        with in_folder(self.code_folder / manifest.folder):
            if not manifest.generates_key:
                yield
                return
            with same_key(self._key):
                yield

    def _key(self) -> str:
        return embedded.secret_key(self.data_dir) if self.may_write else _LATER

    def set_missing_key(self, environ: MutableMapping[str, str]) -> None:
        """Give the generated key to settings that need one in the environment, where nobody has set it."""
        names = embedded.key_variables(self._site.manifest)
        needed = [name for name in names if name not in environ]
        for name in needed:
            environ[name] = self._key()
        self.generated_key = bool(needed)

    def explain(self, error: BaseException) -> Complaint | None:
        """What to say where the settings cannot be imported for want of a variable."""
        return missing_variable(error, self._site.manifest.variables, os.environ, self._configuration.file.path)

    @property
    def may_write(self) -> bool:
        """Whether folders and keys may be made."""
        return self._purpose in (Purpose.RUN, Purpose.SERVE)

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
    remember(configuration.texts())
    activation = Activation(site, configuration, purpose)
    use_code(site, activation.code_folder)
    if activation.code_folder != site.site_packages:
        # What is a link there may lead to modules that no build has seen.
        bytecode_finder.install(str(site.site_packages.parent), str(activation.code_folder), is_complete=False)
    for value in configuration.section("env"):
        if value.level >= Level.ENVIRONMENT or value.key not in environ:
            environ[value.key] = value.text
    environ[SETTINGS_MODULE] = settings_module(manifest, configuration, environ)
    activation.set_missing_key(environ)
    is_serving = purpose is Purpose.SERVE
    hand_down(site, configuration, arguments, activation.code_folder, is_serving, environ)
    if activation.may_write and not site.is_staged:
        code_guard.install((site.site_packages, activation.code_folder), activation.data_dir, site.executable.name)
    finders: list[Any] = [SettingsHook(activation.change_settings, activation.explain, activation.surroundings)]
    if files := {value.key: value.text for value in configuration.section("modules")}:
        finders.append(OperatorModules(files))
    others = [finder for finder in sys.meta_path if not isinstance(finder, SettingsHook | OperatorModules)]
    sys.meta_path[:] = [*finders, *others]
    if "DJANGO_CONFIGURATION" in environ and importlib.util.find_spec("configurations"):
        # django-configurations: its own entry points install this hook; the settings may be read before they run.
        importlib.import_module("configurations.importer").install()
    return activation
