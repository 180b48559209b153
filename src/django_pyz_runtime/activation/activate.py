"""Prepares this process for the project: the only writer of os.environ, sys.path and the settings hook."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, nullcontext
from enum import Enum
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from django_pyz_runtime.activation import gc_pause, journal_logging, zero_config
from django_pyz_runtime.activation.child_environment import hand_down
from django_pyz_runtime.activation.code_path import use_code
from django_pyz_runtime.activation.operator_code import OperatorModules, run_local_settings, secrets_of
from django_pyz_runtime.activation.settings_errors import missing_variable
from django_pyz_runtime.activation.settings_hook import SettingsHook, in_folder, same_key
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle import bytecode_finder
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER, STATIC_FOLDER
from django_pyz_runtime.config import typed_settings
from django_pyz_runtime.config.configuration import Configuration, Level
from django_pyz_runtime.config.resolved import SETTINGS_MODULE, data_dir, settings_module
from django_pyz_runtime.data import data_code, data_links, ownership, write_guard
from django_pyz_runtime.data.relative_folders import STORAGE_MODULE, anchor, keep_in_data
from django_pyz_runtime.data.relocation import Move, Relocator
from django_pyz_runtime.data.settings_walk import is_really
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.secrets.redaction import remember, remember_later


class Purpose(Enum):
    """The purpose of an activation.

    RUN is a command; SERVE answers requests; CHECK stops the import of the settings once their values have been
    checked; SHOW imports them and writes nothing.
    """

    RUN = "run"
    SERVE = "serve"
    CHECK = "check"
    SHOW = "show"


class Activation:
    """A project ready for import; remembers the changes to its settings.

    Attributes:
        moves: the paths that were moved to the data folder; known once the settings have been imported.
        generated_key: whether the secret key is the generated one; known then.
        data_dir: the data folder.
        code_folder: the folder that the manifest's paths are relative to.
        static_root: STATIC_ROOT as the project sets it; known then.
        may_collect: whether static files may be written to the current STATIC_ROOT; known then.
    """

    def __init__(self, bundle: Bundle, configuration: Configuration, purpose: Purpose) -> None:
        self.moves: list[Move] = []
        self.generated_key = False
        self.static_root = ""
        self.may_collect = False
        self._bundle = bundle
        self._configuration = configuration
        self._purpose = purpose
        self.data_dir = data_dir(bundle.manifest, configuration)
        if self.may_write:
            ownership.keep(self.data_dir)
        self.code_folder = data_links.code_folder(bundle, self.data_dir, may_write=self.may_write)

    def change_settings(self, namespace: dict[str, Any]) -> None:
        """Apply the configuration to the namespace of the settings module.

        Raises:
            UserError: values do not fit, or the local settings cannot be trusted.
        """
        from django.conf import global_settings

        static_root = namespace.get("STATIC_ROOT")
        self.static_root = str(static_root) if is_really(static_root, str, Path) else ""
        bundle = self._bundle
        project = self.code_folder / PROJECT_FOLDER
        relocator = Relocator(bundle.root, project, self.data_dir, self.may_write, self.static_root)
        moves = self._set_static(namespace, relocator)
        problems = list(typed_settings.apply(namespace, self._configuration.section("settings"), global_settings))
        if problems or self._purpose is Purpose.CHECK:
            raise UserError(*problems)
        self.moves = [*moves, *relocator.relocate(namespace)]
        anchor(namespace, self.project_folder)
        if zero_config.needs_secret_key(namespace):
            namespace["SECRET_KEY"] = self._key
            self.generated_key = True
        if self._purpose is Purpose.SERVE:
            may_debug = self._configuration.level("settings", "DEBUG") > Level.SEALED
            zero_config.harden_for_serving(namespace, may_debug=may_debug)
        if local := self._configuration.get("project", "local_settings"):
            run_local_settings(local, namespace)
        # Also what they have read from files of their own.
        remember_later(lambda: secrets_of(namespace).items())
        gc_pause.resume_after_setup()

    @contextmanager
    def settings_context(self) -> Iterator[None]:
        """The surroundings in which the settings run: the current folder, and Django's source of secret keys."""
        kept_key = same_key(lambda: self._key) if self._bundle.manifest.generates_key else nullcontext()
        with in_folder(self.project_folder), kept_key:
            yield

    @cached_property
    def _key(self) -> str:
        """The generated key; if nothing may be written, one for this process only."""
        return zero_config.secret_key(self.data_dir) if self.may_write else zero_config.new_key()

    def set_missing_key(self, environ: MutableMapping[str, str]) -> None:
        """Put the generated key into the environment for settings that read it from an unset variable."""
        names = zero_config.key_variables(self._bundle.manifest)
        needed = [name for name in names if name not in environ]
        for name in needed:
            environ[name] = self._key
        self.generated_key = bool(needed)

    def explain(self, error: BaseException) -> UserError | None:
        """The error for settings that cannot be imported because a variable is missing."""
        return missing_variable(error, self._bundle.manifest.variables, os.environ, self._configuration.file.path)

    @property
    def project_folder(self) -> Path:
        """The folder of manage.py."""
        return self.code_folder / self._bundle.manifest.folder

    @property
    def may_write(self) -> bool:
        """Whether folders and keys may be made."""
        return self._purpose in (Purpose.RUN, Purpose.SERVE)

    def _set_static(self, namespace: MutableMapping[str, Any], relocator: Relocator) -> list[Move]:
        built_in = self._bundle.site_packages / STATIC_FOLDER if self._bundle.manifest.has_static else None
        configured = self._configuration.get("static", "root")
        collected = None if built_in or self._bundle.is_staged else relocator.place_to_collect()
        self.may_collect = bool(configured or collected)
        if root := configured or built_in or collected:
            namespace["STATIC_ROOT"] = str(root)
            # django-compressor's own root; it must be where its sources are.
            if "COMPRESS_ROOT" in namespace:
                namespace["COMPRESS_ROOT"] = str(root)
        if url := self._configuration.get("static", "url"):
            namespace["STATIC_URL"] = url
        is_moved = collected and not configured and str(collected) != self.static_root
        return [Move("STATIC_ROOT", self.static_root, str(collected))] if is_moved else []


def _settings_hook(bundle: Bundle, activation: Activation) -> SettingsHook:
    def keep_storages(module: ModuleType) -> None:
        keep_in_data(module, activation.project_folder, activation.data_dir)

    # A build has a copy of the code for itself.
    watched = {} if bundle.is_staged else {STORAGE_MODULE: keep_storages}
    return SettingsHook(activation.change_settings, activation.explain, activation.settings_context, watched)


def activate(
    bundle: Bundle,
    configuration: Configuration,
    arguments: Arguments,
    environ: MutableMapping[str, str] = os.environ,
    purpose: Purpose = Purpose.RUN,
) -> Activation:
    """Set sys.path, the environment and the settings hook. Django can be imported from here on.

    A second activation replaces the first.

    Args:
        bundle: this one.
        configuration: free of problems.
        arguments: of the command line; what it configures is passed on to child processes.
        environ: the environment to change.
        purpose: what for.
    """
    manifest = bundle.manifest
    remember(configuration.texts())
    journal_logging.install()
    activation = Activation(bundle, configuration, purpose)
    use_code(bundle, activation.code_folder)
    if activation.code_folder != bundle.root:
        # A symlinked data path can contain modules without built bytecode.
        copy = {str(activation.code_folder / PROJECT_FOLDER): PROJECT_FOLDER}
        bytecode_finder.install(str(bundle.root), copy, is_complete=False)
    for value in configuration.section("env"):
        if value.level >= Level.ENVIRONMENT or value.key not in environ:
            environ[value.key] = value.text
    environ[SETTINGS_MODULE] = settings_module(manifest, configuration, environ)
    activation.set_missing_key(environ)
    is_serving = purpose is Purpose.SERVE
    hand_down(bundle, configuration, arguments, activation.code_folder, is_serving, environ)
    if not bundle.is_staged:
        script = configuration.command(bundle.executable.name)
        data_code.guard([bundle.root], activation.data_dir)
        write_guard.install((bundle.root, activation.code_folder), activation.data_dir, script)
    finders: list[Any] = [_settings_hook(bundle, activation)]
    if files := {value.key: value.text for value in configuration.section("modules")}:
        finders.append(OperatorModules(files))
    others = [finder for finder in sys.meta_path if not isinstance(finder, SettingsHook | OperatorModules)]
    sys.meta_path[:] = [*finders, *others]
    if "DJANGO_CONFIGURATION" in environ and importlib.util.find_spec("configurations"):
        # django-configurations: its own entry points install this hook; the settings may be read before they run.
        importlib.import_module("configurations.importer").install()
    return activation
