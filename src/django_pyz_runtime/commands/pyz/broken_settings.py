"""Imports the settings, broken or not, and reports what Django would reject in them.

Django is not started: no app is loaded, no log file is opened.
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
    """Import the settings; the text is the error, or ""."""
    try:
        activation = activate(bundle, configuration, arguments, purpose=Purpose.SHOW)
    except UserError as error:
        return None, str(error)
    return activation, _settings_error(os.environ[SETTINGS_MODULE], bundle, activation)


def print_anything() -> None:
    """Let standard output escape what it cannot encode, such as bytes of the environment that are not text."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _settings_error(module: str, bundle: Bundle, activation: Activation) -> str:
    """Why a settings module cannot be imported, or ""."""
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
    """`django.conf.settings` with the settings loaded, which makes Django check them."""
    from django.conf import settings

    dir(settings)
    return settings


def django_problems() -> Iterator[str]:
    """The problems of Django's settings, a line each."""
    settings = take_settings()
    for look in (_secret_key, _apps, _databases, _proxy_header, _checks):
        try:
            yield from look(settings)
        except Exception as error:
            # An error of Django or the project's apps here would occur at the start, too.
            yield redacted(f"{type(error).__name__}: {error}")


def _secret_key(settings: Any) -> Iterator[str]:
    """An empty key is rejected when it is read."""
    if not settings.SECRET_KEY:
        yield "SECRET_KEY is empty"


def _apps(settings: Any) -> Iterator[str]:
    """Missing apps, and two apps with the same label."""
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
    """Missing engines, and DATABASES without `default`."""
    from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured
    from django.db.utils import ConnectionHandler, load_backend

    for alias, database in ConnectionHandler(settings.DATABASES).settings.items():
        try:
            load_backend(database["ENGINE"])
        except AppRegistryNotReady:
            # Some backends need the apps, which are loaded only at the start.
            continue
        except (ImproperlyConfigured, ImportError) as error:
            yield redacted(f"DATABASES.{alias}: {str(error).splitlines()[0]}")


def _proxy_header(settings: Any) -> Iterator[str]:
    """Django would report this only at the first request."""
    header = settings.SECURE_PROXY_SSL_HEADER
    if header and (not isinstance(header, tuple | list) or len(header) != 2):
        yield "SECURE_PROXY_SSL_HEADER: wanted a tuple of two strings"


def _checks(settings: Any) -> Iterator[str]:
    """The errors of Django's own checks that need only the settings."""
    from django.core.checks import ERROR, Tags
    from django.core.checks.caches import check_default_cache_is_configured
    from django.core.checks.registry import registry
    from django.core.exceptions import AppRegistryNotReady

    # Another check of caches would create a cache folder.
    needed = [check for check in registry.get_checks() if {Tags.files, Tags.translation} & set(check.tags)]
    checks: list[Any] = [check_default_cache_is_configured, *needed]
    for check in checks:
        try:
            errors = [found for found in check(app_configs=None, databases=None) if found.level >= ERROR]
        except AppRegistryNotReady:
            continue
        yield from sorted(redacted(f"{found.id}: {found.msg}") for found in errors)
