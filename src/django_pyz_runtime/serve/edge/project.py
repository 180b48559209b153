"""The project's own application, WSGI or ASGI, and the errors if it cannot be imported."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

from django_pyz_runtime.activation.settings_errors import missing_settings, refused
from django_pyz_runtime.bundle.manifest import Manifest


def import_project(manifest: Manifest, interface: str) -> Any:
    """The application: as the setting names it, else that of the module seen at build time, else Django's own.

    That module comes first of all: some prepare what the settings need (dotenv, django-configurations, sys.path).
    URLs are imported too, which Django puts off to the first request: too late to refuse a broken site.

    Args:
        manifest: of the bundle.
        interface: wsgi or asgi.
    """
    name = {"wsgi": manifest.wsgi_module, "asgi": manifest.asgi_module}[interface]
    module = importlib.import_module(name) if name else None
    application = _application_named_by_settings(interface)
    if application is None:
        application = module.application if module else _djangos_own(interface)
    _import_urls()
    return application


def _application_named_by_settings(interface: str) -> Any:
    """What WSGI_APPLICATION or ASGI_APPLICATION names; None where it names nothing.

    Raises:
        ImproperlyConfigured: in Django's words (get_internal_wsgi_application), it cannot be imported.
    """
    import django
    from django.apps import apps
    from django.core.exceptions import ImproperlyConfigured
    from django.utils.module_loading import import_string

    if not (path := application_path(interface)):
        return None
    if not apps.ready:
        # As with runserver: ASGI_APPLICATION may name a routing module, which imports models.
        django.setup(set_prefix=False)
    try:
        return import_string(path)
    except ImportError as error:
        what = f"{interface.upper()} application {path!r}"
        raise ImproperlyConfigured(f"{what} could not be loaded; Error importing module.") from error


def application_path(interface: str) -> str:
    """The value of WSGI_APPLICATION or ASGI_APPLICATION; "" where there is none."""
    from django.conf import settings

    return getattr(settings, f"{interface.upper()}_APPLICATION", None) or ""


def _djangos_own(interface: str) -> Any:
    from django.core.asgi import get_asgi_application
    from django.core.wsgi import get_wsgi_application

    return get_asgi_application() if interface == "asgi" else get_wsgi_application()


def _import_urls() -> None:
    from django.conf import settings
    from django.urls import get_resolver

    if getattr(settings, "ROOT_URLCONF", None):
        _ = get_resolver().url_patterns


@contextlib.contextmanager
def refusals(interface: str) -> Iterator[None]:
    """Tell mistakes in the configuration from bugs while an application is imported.

    Raises:
        UserError: the settings refuse, or name an application that is not there.
    """
    from django.core.exceptions import ImproperlyConfigured

    try:
        yield
    except ModuleNotFoundError as error:
        raise missing_settings(error) or error from None
    except ImproperlyConfigured as error:
        cause = error.__cause__ or error
        if not isinstance(cause, ImproperlyConfigured) and not _names_missing_application(cause, interface):
            raise cause from None
        raise refused(error) from error


def _names_missing_application(error: BaseException, interface: str) -> bool:
    """Whether the setting itself names nothing, as opposed to a module that fails while it is imported."""
    module = application_path(interface).rpartition(".")[0]
    missing = getattr(error, "name", None) or ""
    return isinstance(error, ImportError) and (not missing or module == missing or module.startswith(missing + "."))
