"""What Django would refuse at its own start, asked without starting it: no app gets ready, no log file is opened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django_pyz_runtime.commands.pyz.broken_settings import take_settings
from django_pyz_runtime.secrets.redaction import redacted


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
