"""gunicorn's ASGI worker, which stops without waiting for clients that want nothing."""

from __future__ import annotations

import asyncio

from gunicorn.workers import gasgi

from django_pyz_runtime.serve.edge.asgi import Edge
from django_pyz_runtime.serve.requests.asgi_connection import AsgiConnection, open_connections
from django_pyz_runtime.serve.requests.refusals import LINGER_SECONDS


class AsgiWorker(gasgi.ASGIWorker):
    """The worker. gunicorn's own would wait for websockets and silent clients until `graceful_timeout` is over."""

    _closing: asyncio.Task[None] | None = None

    def init_process(self) -> None:
        """Begin. gunicorn has no setting for the class of its connections."""
        vars(gasgi)["ASGIProtocol"] = AsgiConnection
        super().init_process()

    def handle_exit_signal(self) -> None:
        """Stop: let running requests finish, and have websockets come back to another worker."""
        super().handle_exit_signal()
        if self.loop and not self._closing and isinstance(self.asgi, Edge):
            self._closing = self.loop.create_task(_close(self.asgi))


async def _close(edge: Edge) -> None:
    """Close websockets, and after a while the connections on which no request has begun."""
    await edge.close_websockets()
    await asyncio.sleep(LINGER_SECONDS)
    for connection in list(open_connections):
        connection.close_if_silent()
