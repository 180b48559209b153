"""gunicorn's ASGI worker, which stops without waiting for idle clients, and its connections.

They reject ambiguous requests (request smuggling) and give up slow clients.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from typing import Any, cast

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

from django_pyz_runtime.serve.edge.asgi import Edge
from django_pyz_runtime.serve.edge.pause import refused_handshake
from django_pyz_runtime.serve.edge.script_name import believe_header
from django_pyz_runtime.serve.limits import Limits, within
from django_pyz_runtime.serve.requests.asgi_answer import WatchedTransport
from django_pyz_runtime.serve.requests.incoming import Incoming
from django_pyz_runtime.serve.requests.refusals import LINGER_SECONDS, Refusal, is_plain_http1, too_slow


class AsgiConnection(ASGIProtocol):
    """A connection. Data is checked before gunicorn's own parser gets it.

    Args:
        worker: its worker, whose application has the limits.
    """

    # gunicorn's, which its type stubs leave out.
    _websocket: object | None
    _reading_paused: bool
    worker: Any

    def __init__(self, worker: gasgi.ASGIWorker) -> None:
        super().__init__(worker)
        self._own_worker = worker
        limits = worker.asgi.limits if isinstance(worker.asgi, Edge) else Limits()
        self._limits = within(limits, worker.cfg.limit_request_field_size)
        self._is_watched = is_plain_http1(worker.cfg)
        if self._is_watched:
            self.worker = _KeepsItsWord(worker)
        self._is_refused = False
        self._incoming: Incoming | None = None
        self._complete = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request; for those behind it gunicorn has `keepalive`."""
        watched = WatchedTransport(cast(asyncio.Transport, transport), self._limits, self._own_worker.log.info)
        super().connection_made(cast(asyncio.Transport, watched))
        self._loop = asyncio.get_running_loop()
        self._out = watched
        open_connections.add(self)
        if self._is_watched:
            self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        open_connections.discard(self)
        if self._timer:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Check the received data, and pass it on."""
        if self._is_refused:
            return
        try:
            if self._is_watched and not self._websocket:
                self._look_at(data)
        except Refusal as refusal:
            self._refuse(refusal)
        else:
            super().data_received(data)

    def close_if_silent(self) -> None:
        """Close it if no part of a request has arrived."""
        if self._complete == 0 and self._incoming and not self._incoming.bytes:
            self._out.close()

    def _will_close(self, *arguments: Any) -> bool:
        """Whether a response must announce the end of the connection."""
        ends: bool = super()._will_close(*arguments)  # type: ignore[misc] # the stubs leave it out
        return ends or not self._own_worker.alive

    def _build_http_scope(self, *arguments: Any) -> Any:
        scope = super()._build_http_scope(*arguments)  # type: ignore[misc] # the stubs leave it out
        believe_header(scope)
        return scope

    def _build_websocket_scope(self, *arguments: Any) -> Any:
        scope = super()._build_websocket_scope(*arguments)  # type: ignore[misc] # the stubs leave it out
        believe_header(scope)
        return scope

    async def _handle_websocket(self, *arguments: Any) -> None:
        if isinstance(self._own_worker.asgi, Edge) and self._own_worker.asgi.is_paused:
            self._out.write(refused_handshake())
            self._out.close()
            return
        await super()._handle_websocket(*arguments)  # type: ignore[misc] # the stubs leave it out

    def _begin(self) -> Incoming:
        """Wait for a request."""
        self._incoming = Incoming(self._limits, self._loop.time())
        if not self._timer:
            self._set_timer(self._incoming.deadline)
        return self._incoming

    def _look_at(self, data: bytes) -> None:
        while data:
            incoming = self._incoming or self._begin()
            data = data[incoming.feed(data, self._loop.time()) :]
            if incoming.framing.is_complete:
                self._incoming = None
                self._complete += 1

    def _set_timer(self, deadline: float) -> None:
        # One that is pending is left alone, and finds out later that the deadline has moved.
        self._timer = self._loop.call_at(deadline, self._look_again) if deadline < math.inf else None

    def _look_again(self) -> None:
        """Check the deadline of a request."""
        self._timer = None
        incoming = self._incoming
        if not incoming or self._is_refused or self._websocket:
            return
        now = self._loop.time()
        # While paused, the application is the slow one.
        if now < incoming.deadline or incoming.may_go_on(now, self._reading_paused):
            self._set_timer(incoming.deadline)
        elif incoming.bytes:
            self._refuse(too_slow())
        else:
            self._out.close()

    def _refuse(self, refusal: Refusal) -> None:
        """Answer, unless the response to an earlier request is being sent, and close the connection."""
        self._own_worker.log.info("Refused a request: %s", refusal)
        self._is_refused = True
        if self.req_count <= self._complete:
            self._out.close()
            return
        self._out.write(refusal.answer)
        if self._out.can_write_eof():
            self._out.write_eof()
        self._loop.call_later(LINGER_SECONDS, self._out.close)


_TURNS = 3
"""Of the loop, until what was accepted is a connection."""
open_connections: set[AsgiConnection] = set()
"""Those of this process."""


class _KeepsItsWord:
    """A worker as a connection sees it: alive, even if it was told to end since an answer has begun.

    gunicorn would close the connection behind that answer, which has said that it stays open, so that its client has
    sent the next request already (RFC 9112, section 9.6).

    Args:
        worker: the worker.
    """

    def __init__(self, worker: gasgi.ASGIWorker) -> None:
        vars(self)["_worker"] = worker

    def __getattr__(self, name: str) -> Any:
        return True if name == "alive" else getattr(self._worker, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._worker, name, value)


class AsgiWorker(gasgi.ASGIWorker):
    """The worker. gunicorn's own would wait for websockets and silent clients until `graceful_timeout` is over."""

    _closing: asyncio.Task[None] | None = None

    def init_process(self) -> None:
        """Begin. gunicorn has no setting for the class of its connections."""
        vars(gasgi)["ASGIProtocol"] = AsgiConnection
        super().init_process()

    async def _shutdown(self) -> None:
        """End. What asyncio has accepted, and not made a connection of yet, it would drop with its servers.

        It accepts in one turn of the loop, and makes the connection in the next (asyncio.selector_events).
        """
        for listener in self.sockets:
            # Other loops than asyncio's own do without a reader.
            with contextlib.suppress(RuntimeError, ValueError, NotImplementedError):
                asyncio.get_running_loop().remove_reader(listener.fileno())
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        await super()._shutdown()  # type: ignore[misc] # the stubs leave it out

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
