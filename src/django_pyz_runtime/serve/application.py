"""The project's WSGI application with static files and health endpoints around it, and what is looked at before."""

from __future__ import annotations

import importlib
import logging
import os
from typing import TYPE_CHECKING

from django_pyz_runtime.activate import missing_settings, refused
from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.configuration import Configuration
from django_pyz_runtime.manifest import Site
from django_pyz_runtime.serve.head import WithoutBody
from django_pyz_runtime.serve.health import Health, check_databases, checks_named, missing_migrations
from django_pyz_runtime.serve.static import with_static_files

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger("django_pyz.serve")


def load_application(site: Site, configuration: Configuration) -> WSGIApplication:
    """Import the project's application and wrap it.

    Raises:
        Complaint: the settings refuse, or name an application that is not there.
    """
    from django.core.exceptions import ImproperlyConfigured

    root = configuration.get("static", "root")
    if root and not root.is_dir():
        raise Complaint(
            f"[static] root: {root} is no folder",
            hint=f"Fill it with `{site.executable.name} collectstatic --dir {root}`.",
        )
    try:
        application = _project_application(site)
        _import_urls()
        application = with_static_files(application, configuration.get("static", "serve"))
    except ModuleNotFoundError as error:
        raise missing_settings(error) or error from None
    except ImproperlyConfigured as error:
        cause = error.__cause__ or error
        if not isinstance(cause, ImproperlyConfigured) and not _names_missing_application(cause):
            raise cause from None
        raise refused(error) from error
    live, ready = configuration.get("health", "live"), configuration.get("health", "ready")
    checks = checks_named(configuration.get("health", "checks"))
    return WithoutBody(Health(application, _path(live), _path(ready), checks))


def _path(option: str) -> str | None:
    return None if option == "off" else option


def _project_application(site: Site) -> WSGIApplication:
    """WSGI_APPLICATION, else the wsgi module seen at build time, else Django's own."""
    from django.conf import settings
    from django.core.servers.basehttp import get_internal_wsgi_application
    from django.core.wsgi import get_wsgi_application

    if settings.WSGI_APPLICATION:
        return get_internal_wsgi_application()
    if not site.manifest.wsgi_module:
        return get_wsgi_application()
    module = importlib.import_module(site.manifest.wsgi_module)
    application: WSGIApplication = module.application
    return application


def _import_urls() -> None:
    """Import the URL configuration, which Django puts off to the first request: too late to refuse a broken site."""
    from django.conf import settings
    from django.urls import get_resolver

    if getattr(settings, "ROOT_URLCONF", None):
        _ = get_resolver().url_patterns


def _names_missing_application(error: BaseException) -> bool:
    """Whether WSGI_APPLICATION itself names nothing, as opposed to a module that fails while it is imported."""
    from django.conf import settings

    module = str(settings.WSGI_APPLICATION).rpartition(".")[0]
    missing = getattr(error, "name", None) or ""
    return isinstance(error, ImportError) and (not missing or module == missing or module.startswith(missing + "."))


def check_database(script: str) -> None:
    """Look whether the default database is there, before the first request finds out.

    Args:
        script: the program's name, for the hint.

    Raises:
        Complaint: it is missing, or does not answer.
    """
    from django.db import DEFAULT_DB_ALIAS, connections

    connection = connections[DEFAULT_DB_ALIAS]
    name = str(connection.settings_dict["NAME"])
    hint = f"Run `{script} migrate` first, or `{script} runserve --migrate`."
    if connection.vendor == "sqlite" and os.path.isabs(name) and not os.path.exists(name):
        raise Complaint(f"the database {name} does not exist", hint=hint)
    connect(script)
    if missing := missing_migrations():
        log.warning("%d migrations are not applied, the first is %s. %s", len(missing), missing[0], hint)


def connect(script: str) -> None:
    """Connect to the default database once.

    Raises:
        Complaint: it does not answer.
    """
    from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "unknown":
        return
    try:
        check_databases([connection])
    except DatabaseError as error:
        name = connection.settings_dict["NAME"]
        raise Complaint(
            f"the database {str(name)!r} ({connection.vendor}) does not answer: {str(error).strip()}",
            hint=f"Check that it runs, and DATABASES: `{script} pyz config explain DATABASES`.",
        ) from error
    finally:
        connection.close()
