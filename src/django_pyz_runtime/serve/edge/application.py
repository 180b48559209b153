"""The project's WSGI application with static files and health endpoints around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.serve.edge.checks import checks_named
from django_pyz_runtime.serve.edge.chunked import WithLength
from django_pyz_runtime.serve.edge.head_requests import WithoutBody
from django_pyz_runtime.serve.edge.health import Health
from django_pyz_runtime.serve.edge.project import import_project, refusals
from django_pyz_runtime.serve.limits import Limits, limits_of
from django_pyz_runtime.static.serving import with_static_files

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class WsgiEdge(WithoutBody):
    """The project's application with the edge around it.

    Args:
        application: the same without the outermost layer.
        limits: what clients must keep to; the worker sees to it.
    """

    def __init__(self, application: WSGIApplication, limits: Limits) -> None:
        super().__init__(WithLength(application, limits.body_bytes))
        self.limits = limits


def load_application(bundle: Bundle, configuration: Configuration) -> WsgiEdge:
    """Import the project's WSGI application and wrap it.

    Raises:
        UserError: the settings refuse, or name an application that is not there.
    """
    check_static_root(bundle, configuration)
    with refusals("wsgi"):
        application: WSGIApplication = import_project(bundle.manifest, "wsgi")
        application = with_static_files(application, configuration.get("static", "serve"))
    return WsgiEdge(with_health(application, configuration), limits_of(configuration))


def check_static_root(bundle: Bundle, configuration: Configuration) -> None:
    """Look whether the folder of static files is there.

    Raises:
        UserError: one is configured, and is not.
    """
    root = configuration.get("static", "root")
    if root and not root.is_dir():
        raise UserError(
            f"[static] root: {root} is no folder",
            hint=f"Fill it with `{bundle.executable.name} collectstatic --dir {root}`.",
        )


def with_health(application: WSGIApplication, configuration: Configuration) -> Health:
    """Wrap an application in health endpoints, as [health] says."""
    live, ready = configuration.get("health", "live"), configuration.get("health", "ready")
    checks = checks_named(configuration.get("health", "checks"))
    return Health(application, _path(live), _path(ready), checks)


def _path(option: str) -> str | None:
    return None if option == "off" else option
