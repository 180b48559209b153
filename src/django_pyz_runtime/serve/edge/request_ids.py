"""An ID for each request: in its log lines, in the request that the project gets, and in the response.

It is the proxy's X-Request-Id if that is safe in a log, else a new one.
"""

from __future__ import annotations

import os
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from asgiref.typing import ASGISendCallable, ASGISendEvent

HEADER = "X-Request-Id"
_VARIABLE = "HTTP_X_REQUEST_ID"
_FIELD = HEADER.lower().encode()
_PLAIN = re.compile(r"[\w.:=@+/-]{1,128}", re.ASCII)

current: ContextVar[str] = ContextVar("request_id", default="")
"""The ID of the current or last request of this thread or task."""


def _begin(given: str) -> str:
    chosen = given if _PLAIN.fullmatch(given) else os.urandom(16).hex()
    current.set(chosen)
    return chosen


def begin_wsgi(environ: dict[str, object], start_response: StartResponse) -> StartResponse:
    """Give a WSGI request its ID, and return the `start_response` that sends it to the client."""
    name = environ[_VARIABLE] = _begin(str(environ.get(_VARIABLE, "")))

    def start(status: str, headers: list[tuple[str, str]], *error: object) -> object:
        if all(header.lower() != HEADER.lower() for header, _ in headers):
            headers = [*headers, (HEADER, name)]
        return start_response(status, headers, *error)  # type: ignore[arg-type]  # exc_info is passed on as it came

    return start  # type: ignore[return-value]  # which has the same parameters, but for their names


def begin_asgi(headers: list[tuple[bytes, bytes]], send: ASGISendCallable) -> ASGISendCallable:
    """The same for ASGI, requests and websockets.

    Args:
        headers: of the request; one without a name gets it here.
        send: the server's.
    """
    given = [value for field, value in headers if field == _FIELD]
    # As WSGI has it: several in one, which is none that can stand in a log.
    name = _begin(b",".join(given).decode("latin-1"))
    if given != [name.encode()]:
        headers[:] = [*((field, value) for field, value in headers if field != _FIELD), (_FIELD, name.encode())]

    async def send_with_name(event: ASGISendEvent) -> None:
        if event["type"] == "http.response.start" or event["type"] == "websocket.accept":
            told = list(event.get("headers", ()))
            if all(field.lower() != _FIELD for field, _ in told):
                event = cast("ASGISendEvent", {**event, "headers": [*told, (_FIELD, name.encode())]})
        await send(event)

    return send_with_name
