"""Counts requests, with status and duration; requests for health endpoints are not counted.

The time is from when the request was read, to when the server has its whole answer. Requests that no application gets
to see, which a worker has refused or gunicorn cannot read, are not counted; nor are websockets.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from django_pyz_runtime.serve.metrics.counters import Meter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from asgiref.typing import ASGISendCallable, ASGISendEvent

PostRequest = Callable[[Any, Any, dict[str, Any], Any], object]
_FAILED, _CLIENT_GONE = 500, 499
"""What the server answers for an application that fails; and nginx's name for a client that did not wait."""
_STARTED = "django_pyz.started"
"""Of a request that is counted: its beginning."""


class MeasuredWsgi:
    """WSGI middleware: what gets here is counted, once the server calls `after_answer` at the end of its answer.

    That is gunicorn's hook post_request, which costs less than to wrap answers.

    Args:
        application: whom the requests belong to.
        meter: counts them.
    """

    def __init__(self, application: WSGIApplication, meter: Meter) -> None:
        self._application = application
        self._meter = meter

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on."""
        environ[_STARTED] = self._meter.enter()
        return self._application(environ, start_response)


def after_answer(meter: Meter, own_hook: PostRequest | None) -> PostRequest:
    """A hook post_request for gunicorn that counts a request of WSGI, if it is to be counted.

    Args:
        meter: as for MeasuredWsgi.
        own_hook: the project's; None where it has none.
    """

    def post_request(worker: Any, request: Any, environ: dict[str, Any], response: Any) -> None:
        if _STARTED in environ:
            status = response.status_code if response.headers_sent else _FAILED
            meter.leave(environ[_STARTED], environ["REQUEST_METHOD"], status or 0)
        if own_hook:
            own_hook(worker, request, environ, response)

    return post_request


async def measured(
    meter: Meter, method: str, send: ASGISendCallable, answer: Callable[[ASGISendCallable], Awaitable[None]]
) -> None:
    """Answer an ASGI request, and count it.

    Args:
        meter: counts it.
        method: of the request.
        send: the server's.
        answer: does so, by the `send` that it is given.
    """
    status = 0

    def send_and_note(event: ASGISendEvent) -> Awaitable[None]:
        nonlocal status
        if event["type"] == "http.response.start":
            status = event["status"]
        return send(event)

    started = meter.enter()
    try:
        await answer(send_and_note)
    except Exception:
        status = status or _FAILED
        raise
    finally:
        meter.leave(started, method, status or _CLIENT_GONE)
