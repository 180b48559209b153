"""The project's WSGI application with static files and health endpoints around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.configuration import Configuration
from django_pyz_runtime.manifest import Site
from django_pyz_runtime.serve.head import WithoutBody
from django_pyz_runtime.serve.health import Health, checks_named
from django_pyz_runtime.serve.limits import Limits, limits_of
from django_pyz_runtime.serve.project import import_project, refusals
from django_pyz_runtime.serve.static import with_static_files

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class WsgiEdge(WithoutBody):
    """The project's application with the edge around it.

    Args:
        application: the same without the outermost layer.
        limits: what clients must keep to; the worker sees to it.
    """

    def __init__(self, application: WSGIApplication, limits: Limits) -> None:
        super().__init__(application)
        self.limits = limits


def load_application(site: Site, configuration: Configuration) -> WsgiEdge:
    """Import the project's WSGI application and wrap it.

    Raises:
        Complaint: the settings refuse, or name an application that is not there.
    """
    check_static_root(site, configuration)
    with refusals("wsgi"):
        application: WSGIApplication = import_project(site.manifest, "wsgi")
        application = with_static_files(application, configuration.get("static", "serve"))
    return WsgiEdge(with_health(application, configuration), limits_of(configuration))


def check_static_root(site: Site, configuration: Configuration) -> None:
    """Look whether the folder of static files is there.

    Raises:
        Complaint: one is configured, and is not.
    """
    root = configuration.get("static", "root")
    if root and not root.is_dir():
        raise Complaint(
            f"[static] root: {root} is no folder",
            hint=f"Fill it with `{site.executable.name} collectstatic --dir {root}`.",
        )


def with_health(application: WSGIApplication, configuration: Configuration) -> Health:
    """Wrap an application in health endpoints, as [health] says."""
    live, ready = configuration.get("health", "live"), configuration.get("health", "ready")
    checks = checks_named(configuration.get("health", "checks"))
    return Health(application, _path(live), _path(ready), checks)


def _path(option: str) -> str | None:
    return None if option == "off" else option
