"""Two paths that answer load balancers and probes."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.release.gate import BEING_UPGRADED, Gate
from django_pyz_runtime.serve.edge.checks import Check, MigrationCheck, checks_named
from django_pyz_runtime.serve.edge.readiness import Readiness
from django_pyz_runtime.serve.edge.shared import Shared

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_OF_PROXIES = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP")


def with_health(
    application: WSGIApplication,
    bundle: Bundle,
    configuration: Configuration,
    shared: Shared,
) -> Health:
    """Wrap an application in health endpoints, as [health] says."""
    import django

    paths = [configuration.get("health", name) for name in ("live", "ready")]
    live, ready = (None if path == "off" else path for path in paths)
    is_strict = configuration.get("serve", "migrations") != "warn"
    migrations = MigrationCheck(bundle, shared.began_ahead, is_strict=is_strict, say_pending=shared.say_pending)
    checks = checks_named(configuration.get("health", "checks"), migrations)
    facts = {"version": bundle.manifest.version, "build": bundle.build_id, "django": django.__version__}
    return Health(application, live, ready, checks, facts, shared.gate)


class Health:
    """WSGI middleware that answers two paths with up or down only; the reason goes to the log.

    It comes before the project's middleware, so that ALLOWED_HOSTS and redirects do not apply. A client on this machine
    that asks for JSON gets the release as well.

    Args:
        application: whom all other paths belong to.
        live: path that answers while this process can answer; None for none.
        ready: path that answers 200 when all checks pass; None for none.
        checks: raise where something is not ready.
        facts: the release, for clients on this machine.
        gate: while it is closed, the site is not ready; a client on this machine that asks for JSON still gets the
            result of the checks.
    """

    def __init__(
        self,
        application: WSGIApplication,
        live: str | None,
        ready: str | None,
        checks: Mapping[str, Check],
        facts: Mapping[str, str],
        gate: Gate | None = None,
    ) -> None:
        self._gate = gate or Gate()
        self._ready = ready
        self._facts = facts
        self._application = application
        answers: dict[str | None, Callable[[], bool]] = {live: lambda: True, ready: Readiness(checks)}
        self._answers = {path: is_well for path, is_well in answers.items() if path}

    @property
    def paths(self) -> Collection[str]:
        """The paths it answers."""
        return self._answers.keys()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or pass on."""
        is_well = self._answers.get(environ.get("PATH_INFO", ""))
        if is_well is None:
            return self._application(environ, start_response)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _answer(start_response, "405 Method Not Allowed", b"", ("Allow", "GET, HEAD"))
        wants_facts = _may_know(environ) and "application/json" in environ.get("HTTP_ACCEPT", "")
        is_paused = environ["PATH_INFO"] == self._ready and self._gate.is_closed
        # During a pause only the upgrade, which asks for JSON, may query the database.
        is_ok = (wants_facts or not is_paused) and is_well()
        status, text = ("200 OK", "ok") if is_ok and not is_paused else ("503 Service Unavailable", "unavailable")
        if wants_facts:
            facts: dict[str, Any] = {"status": text, **self._facts}
            if is_paused:
                facts |= {"reason": BEING_UPGRADED, "checks": "ok" if is_ok else "unavailable"}
            return _answer(start_response, status, json.dumps(facts).encode() + b"\n", kind="application/json")
        return _answer(start_response, status, f"{BEING_UPGRADED if is_paused else text}\n".encode())


def _may_know(environ: WSGIEnvironment) -> bool:
    """Whether a request comes from this machine, by its socket or loopback, and was not passed on by a proxy."""
    if any(name in environ for name in _OF_PROXIES):
        return False
    try:
        return ipaddress.ip_address(environ.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:  # of a unix socket there is none
        return True


def _answer(
    start_response: StartResponse,
    status: str,
    body: bytes,
    *headers: tuple[str, str],
    kind: str = "text/plain; charset=utf-8",
) -> Iterable[bytes]:
    start_response(
        status,
        [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            *headers,
        ],
    )
    return [body]
