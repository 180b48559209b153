"""The project's WSGI application with static files and health endpoints around it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.gate import Gate
from django_pyz_runtime.release.time_zone import check_time_zone
from django_pyz_runtime.serve.edge.chunked import WithLength
from django_pyz_runtime.serve.edge.health import Health, with_health
from django_pyz_runtime.serve.edge.measured import MeasuredWsgi
from django_pyz_runtime.serve.edge.other_releases import other_releases
from django_pyz_runtime.serve.edge.pause import WsgiGate
from django_pyz_runtime.serve.edge.project import import_project, refusals
from django_pyz_runtime.serve.edge.request_ids import begin_wsgi
from django_pyz_runtime.serve.edge.script_name import EdgePaths
from django_pyz_runtime.serve.edge.shared import Shared
from django_pyz_runtime.serve.limits import Limits, limits_of
from django_pyz_runtime.static.relative_urls import forget_made
from django_pyz_runtime.static.serving import static_paths, with_static_files

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class WsgiEdge:
    """An application with the edge around it; an answer to HEAD has headers and no body (RFC 9110, section 9.3.2).

    Django leaves the body in it, and gunicorn logs a warning for each one that it drops.

    Args:
        application: gets the requests.
        limits: for clients; the worker enforces them.
        paths: those that are not the project's.
    """

    def __init__(self, application: WSGIApplication, limits: Limits, paths: EdgePaths | None = None) -> None:
        self._application = WithLength(application, limits.body_bytes)
        self._paths = paths
        self.limits = limits

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Give the request an ID, pass it on, and return the response."""
        start_response = begin_wsgi(environ, start_response)
        if self._paths:
            path = environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace")
            if found := self._paths.find(path, environ.get("SCRIPT_NAME", "")):
                environ["PATH_INFO"] = found.encode().decode("latin-1")
        answer = self._application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return answer
        # An application may call start_response as late as with its first piece (PEP 3333).
        next(iter(answer), None)
        if close := getattr(answer, "close", None):
            close()
        return []


def load_application(
    bundle: Bundle,
    configuration: Configuration,
    shared: Shared | None = None,
) -> WsgiEdge:
    """Import the project's WSGI application and wrap it.

    Args:
        bundle: what is served.
        configuration: free of problems.
        shared: what the processes of the server share; None under the servers of others.

    Raises:
        UserError: the settings refuse, or name an application that is not there.
    """
    shared = shared or Shared(Gate())
    check_static_root(bundle, configuration)
    with refusals("wsgi"):
        application: WSGIApplication = import_project(bundle.manifest, "wsgi")
        check_time_zone()
        static = static_files(WsgiGate(application, shared.gate), bundle, configuration)
    measured = MeasuredWsgi(static, shared.meter) if shared.meter else static
    health = with_health(measured, bundle, configuration, shared)
    return WsgiEdge(health, limits_of(configuration), edge_paths(health, static))


def check_static_root(bundle: Bundle, configuration: Configuration) -> None:
    """Check that the folder of static files exists.

    Raises:
        UserError: one is configured and does not exist.
    """
    root = configuration.get("static", "root")
    if root and not root.is_dir():
        import shlex

        command = [configuration.command(bundle.executable.name), "collectstatic", "--dir", shlex.quote(str(root))]
        raise UserError(
            f"[static] root: {root} is not a folder",
            hint=f"Fill it with `{' '.join(command)}`.",
        )


def static_files(application: WSGIApplication, bundle: Bundle, configuration: Configuration) -> WSGIApplication:
    """Wrap an application in static files: as [static] says, or those built in, of other releases as well."""
    serve = configuration.get("static", "serve")
    if configuration.get("static", "root"):
        return with_static_files(application, serve)
    return with_static_files(application, serve, other_releases(bundle, configuration))


def edge_paths(health: Health, static: WSGIApplication) -> EdgePaths:
    """The paths that health endpoints and static files answer; the site has been loaded by then."""
    from django.conf import settings

    forget_made()
    return EdgePaths(settings.FORCE_SCRIPT_NAME, health.paths, static_paths(static))
