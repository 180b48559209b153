"""A site below a path: which part of a request's path is the site's own address (SCRIPT_NAME), and which is within it.

The address comes from the variable SCRIPT_NAME, for ASGI also from gunicorn's root_path, or from a header SCRIPT_NAME
of the web server in front: only where gunicorn's forwarder_headers names it, as some pass on a client's. The web server
may leave it in the path that it asks for or take it out, and probes know nothing of it; gunicorn answers 500 to a path
that does not begin with it.
"""

from __future__ import annotations

import os
from collections.abc import Container
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asgiref.typing import HTTPScope, WebSocketScope

_NAME = "SCRIPT_NAME"


def normal(script_name: str | None) -> str:
    """An address as WSGI has it: "" for a site at the root, else with a slash before it and none behind."""
    stripped = (script_name or "").strip("/")
    return f"/{stripped}" if stripped else ""


def is_below(path: str, script_name: str) -> bool:
    """Whether a path is the one of the site or within it."""
    return f"{path}/".startswith(f"{script_name}/")


def complete(request: Any) -> None:
    """Have the path of a request begin with the site's address, where gunicorn is going to cut that off.

    Args:
        request: gunicorn's, before it makes an environment of it (gunicorn.http.wsgi.create).
    """
    told = [value for name, value in request.headers if name == _NAME] or [os.environ.get(_NAME, "")]
    if not told[-1]:
        return
    script_name = normal(told[-1])
    others = [header for header in request.headers if header[0] != _NAME]
    request.headers = [*others, (_NAME, script_name)]
    if not is_below(request.path, script_name):
        request.path = script_name + request.path


def complete_scope(scope: HTTPScope | WebSocketScope) -> None:
    """The same for ASGI, where the path keeps the site's address."""
    script_name = normal(scope.get("root_path") or os.environ.get(_NAME))
    if scope.get("root_path", "") != script_name:
        scope["root_path"] = script_name
    if not is_below(scope["path"], script_name):
        scope["path"] = script_name + scope["path"]
        scope["raw_path"] = script_name.encode() + (scope.get("raw_path") or b"")


def believe_header(scope: HTTPScope | WebSocketScope) -> None:
    """Take the address from the header. gunicorn's ASGI worker has left it out where its sender is no proxy."""
    for name, value in scope["headers"]:
        if name == b"script_name" and value:
            scope["root_path"] = value.decode("latin-1")


class EdgePaths:
    """The paths that the edge answers, found wherever the site is.

    Args:
        forced: the setting FORCE_SCRIPT_NAME.
        paths: as they are at the root.
    """

    def __init__(self, forced: str | None, *paths: Container[str]) -> None:
        self._forced = normal(forced)
        self._paths = paths

    def find(self, path: str, script_name: str) -> str | None:
        """The path of the edge's that is asked for; None for one of the project's.

        Args:
            path: within the site.
            script_name: the site's address. STATIC_URL may have it in it, or not.
        """
        candidates = [path]
        if script_name:
            candidates.append(normal(script_name) + path)
        # Django does not take that out of the path, but a web server that was not told to does not either.
        if self._forced and is_below(path, self._forced):
            candidates.append(path.removeprefix(self._forced))
        return next((one for one in candidates if any(one in paths for paths in self._paths)), None)
