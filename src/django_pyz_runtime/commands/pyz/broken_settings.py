"""The settings as they are, broken or not, and what Django would refuse in them.

Django is asked without starting it: no app gets ready, no log file is opened.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any

from django_pyz_runtime.activation import manage_py
from django_pyz_runtime.activation.activate import Activation, Purpose, activate
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.config.resolved import SETTINGS_MODULE
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.secrets.redaction import redacted


def import_settings(
    bundle: Bundle, arguments: Arguments, configuration: Configuration
) -> tuple[Activation | None, str]:
    """Import the settings and say what keeps them from it."""
    try:
        activation = activate(bundle, configuration, arguments, purpose=Purpose.SHOW)
    except UserError as error:
        return None, str(error)
    return activation, _settings_error(os.environ[SETTINGS_MODULE], bundle, activation)


def print_anything() -> None:
    """Let standard output take what it cannot encode, such as bytes of the environment that are no text, as escapes."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _settings_error(module: str, bundle: Bundle, activation: Activation) -> str:
    """What keeps a settings module from being imported, or ""."""
    try:
        manage_py.approach(bundle.manifest, activation.code_folder)
        importlib.import_module(module)
        take_settings()
    except (Exception, SystemExit) as error:
        return redacted(
            f"{module}: {type(error).__name__}: {error}" if not isinstance(error, UserError) else str(error)
        )
    return ""


def take_settings() -> Any:
    """`django.conf.settings` with the settings in it, which Django looks over as it takes them."""
    from django.conf import settings

    dir(settings)
    return settings


def django_problems() -> Iterator[str]:
    """What is wrong with the settings that Django has, a line each."""
    settings = take_settings()
    for look in (_secret_key, _apps, _databases, _proxy_header, _checks):
        try:
            yield from look(settings)
        except Exception as error:
            # Whatever Django or the project's apps raise here they raise at the start, too.
            yield redacted(f"{type(error).__name__}: {error}")


def _secret_key(settings: Any) -> Iterator[str]:
    """Empty, it is refused when it is read."""
    if not settings.SECRET_KEY:
        yield "SECRET_KEY is empty"


def _apps(settings: Any) -> Iterator[str]:
    """Apps that are not there, and two of one label."""
    from django.apps import AppConfig

    labels: dict[str, str] = {}
    for entry in settings.INSTALLED_APPS:
        try:
            label = AppConfig.create(entry).label
        except Exception as error:
            yield redacted(f"INSTALLED_APPS: {entry}: {error}")
            continue
        if label in labels:
            yield f"INSTALLED_APPS: {labels[label]} and {entry} have the same label, {label!r}"
        labels[label] = entry


def _databases(settings: Any) -> Iterator[str]:
    """Engines that are not there, and databases without the one called default."""
    from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured
    from django.db.utils import ConnectionHandler, load_backend

    for alias, database in ConnectionHandler(settings.DATABASES).settings.items():
        try:
            load_backend(database["ENGINE"])
        except AppRegistryNotReady:
            # Some backends need the apps; they have to wait for the start.
            continue
        except (ImproperlyConfigured, ImportError) as error:
            yield redacted(f"DATABASES.{alias}: {str(error).splitlines()[0]}")


def _proxy_header(settings: Any) -> Iterator[str]:
    """Django finds this one out when a request comes."""
    header = settings.SECURE_PROXY_SSL_HEADER
    if header and (not isinstance(header, tuple | list) or len(header) != 2):
        yield "SECURE_PROXY_SSL_HEADER: wanted a tuple of two texts"


def _checks(settings: Any) -> Iterator[str]:
    """The errors of Django's own checks that need the settings only."""
    from django.core.checks import ERROR, Tags
    from django.core.checks.caches import check_default_cache_is_configured
    from django.core.checks.registry import registry
    from django.core.exceptions import AppRegistryNotReady

    # Another check of caches makes the folder of one.
    needed = [check for check in registry.get_checks() if {Tags.files, Tags.translation} & set(check.tags)]
    checks: list[Any] = [check_default_cache_is_configured, *needed]
    for check in checks:
        try:
            errors = [found for found in check(app_configs=None, databases=None) if found.level >= ERROR]
        except AppRegistryNotReady:
            continue
        yield from sorted(redacted(f"{found.id}: {found.msg}") for found in errors)
