"""gunicorn's threaded worker, which gives a request to a thread only when the whole request has arrived.

gunicorn's own worker reads requests in its few threads: a client that opens as many connections as there are threads,
and sends half a request on each, blocks everybody else. Here the main loop reads, and a slow client costs only its
connection. Its time is limited (`serve.limits`), as is the time for which a thread waits for a client to read the
response. gunicorn's own main loop waits two seconds for each client that does not close its end of a connection; ours
does not block for that.
"""

from __future__ import annotations

import contextlib
import errno
import math
import selectors
import socket
import time
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus
from itertools import islice
from typing import Any

from gunicorn.workers import gthread
from gunicorn.workers.gthread import TConn

from django_pyz_runtime.serve.edge import request_ids
from django_pyz_runtime.serve.edge.application import WsgiEdge
from django_pyz_runtime.serve.limits import Limits, within
from django_pyz_runtime.serve.requests.refusals import LINGER_SECONDS, Refusal, is_plain_http1, too_slow
from django_pyz_runtime.serve.requests.request_buffer import RequestBuffer, RequestFiles, RequestSocket

_LOOK_SECONDS = 0.5
"""Interval between two checks for expired connections."""
_NO_ROOM_SECONDS = 0.05
_DRAIN_BYTES = 64 * 1024


class ThreadWorker(gthread.ThreadWorker):
    """The worker. It acts as gunicorn's own if gunicorn terminates TLS or its settings change how requests are read."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._limits = Limits()
        self._files = RequestFiles(self.cfg.tmp_upload_dir, None)
        self._reads_ahead = is_plain_http1(self.cfg)
        self._waiting: dict[TConn, RequestBuffer] = {}
        self._lingering: dict[TConn, float] = {}
        self._next_look = 0.0
        self._silent_until = math.inf

    def load_wsgi(self) -> None:
        """Load the application, which has the limits."""
        super().load_wsgi()
        if isinstance(self.wsgi, WsgiEdge):
            self._limits = within(self.wsgi.limits, self.cfg.limit_request_field_size)
            self._files = RequestFiles(self.cfg.tmp_upload_dir, self._limits.files_bytes)

    def enqueue_req(self, conn: TConn) -> None:
        """Read the next request of a connection, then give it to a thread."""
        if not self._reads_ahead:
            super().enqueue_req(conn)
            return
        if not isinstance(conn.sock, RequestSocket):
            conn.sock = RequestSocket(conn.sock, self._limits)
        conn.sock.setblocking(False)
        # gunicorn must not wait for data that has already been read.
        conn.data_ready = True
        ahead = RequestBuffer(conn.sock, self._limits, self._files, time.monotonic())
        if not self._read(conn, ahead):
            self._waiting[conn] = ahead
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._go_on, conn))

    def handle(self, conn: TConn) -> Any:
        """Answer a request, in a thread; then forget the request's ID."""
        try:
            return super().handle(conn)
        finally:
            request_ids.current.set("")

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Keep a connection whose request was answered, or close it."""
        if isinstance(conn.sock, RequestSocket):
            conn.sock.forget()
        if not self._reads_ahead or fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
        elif isinstance(conn.sock, RequestSocket) and conn.sock.is_given_up:
            self.log.info("Gave up %s: it reads the response too slowly, see [serve] answer_timeout", _name(conn))
            self._end(conn)
        else:
            self._linger(conn)

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection. At the limit of open files, close a waiting one instead."""
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            if not self._make_room(1):
                time.sleep(_NO_ROOM_SECONDS)

    def murder_keepalived(self, *arguments: Any, **options: Any) -> None:
        """Close the expired connections; gunicorn calls this after each round of events."""
        super().murder_keepalived(*arguments, **options)
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_SECONDS
        if not self.alive:
            # A client that has just connected may be about to send a request.
            self._silent_until = min(self._silent_until, now + LINGER_SECONDS)
        for conn in [conn for conn, deadline in self._lingering.items() if deadline < now]:
            self._end_lingering(conn)
        for conn, ahead in list(self._waiting.items()):
            if now >= ahead.deadline or (now >= self._silent_until and not ahead.bytes):
                self._end_waiting(conn, ahead, now)
        if self.nr_conns >= self.worker_connections:
            for conn in list(islice(self._lingering, (len(self._lingering) + 1) // 2)):
                self._end_lingering(conn)
            self._make_room()

    def _read(self, conn: TConn, ahead: RequestBuffer) -> bool:
        """Receive a part of a request, and return whether it is complete or rejected."""
        try:
            if not ahead.receive(time.monotonic()):
                return False
        except BlockingIOError:
            return False
        except Refusal as refusal:
            self._refuse(conn, ahead, refusal)
        except (EOFError, ConnectionError, TimeoutError):
            self._drop(conn, ahead)
        except OSError as error:
            self.log.error("A request cannot be stored: %s", error)
            self._refuse(conn, ahead, Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "there is no room for it"))
        else:
            self._leave(conn)
            super().enqueue_req(conn)
        return True

    def _go_on(self, conn: TConn, _: socket.socket) -> None:
        self._read(conn, self._waiting[conn])

    def _leave(self, conn: TConn) -> None:
        """Stop watching a connection."""
        if self._waiting.pop(conn, None):
            self.poller.unregister(conn.sock)

    def _end_waiting(self, conn: TConn, ahead: RequestBuffer, now: float) -> None:
        """Handle a request whose deadline is over."""
        if not ahead.bytes:
            self._drop(conn, ahead)
        elif not ahead.may_go_on(now):
            self._refuse(conn, ahead, too_slow())

    def _make_room(self, count: int = 0) -> bool:
        """Close connections, and return whether there were any.

        The order: idle connections, then those without a complete head, the oldest first; then uploads, the slowest
        first, but only until an eighth of the connections is free.

        Args:
            count: how many; by default half of those that are idle, or an eighth of all.
        """
        now = time.monotonic()
        kept = len(self.keepalived_conns)
        waiting = sorted(self._waiting.items(), key=lambda item: item[1].rate(now))
        idle = kept + sum(not ahead.framing.has_head for ahead in self._waiting.values())
        count = count or max((idle + 1) // 2, (kept + len(waiting)) // 8)
        for conn in islice(self.keepalived_conns, count):
            conn.timeout = now
        super().murder_keepalived()
        for conn, ahead in waiting[: max(0, count - kept)]:
            self._drop(conn, ahead)
        return bool(kept or waiting)

    def _drop(self, conn: TConn, ahead: RequestBuffer) -> None:
        self._leave(conn)
        ahead.drop()
        self._end(conn)

    def _refuse(self, conn: TConn, ahead: RequestBuffer, refusal: Refusal) -> None:
        """Answer, and let the client read that before the connection is closed."""
        self.log.info("Refused a request from %s: %s", _name(conn), refusal)
        self._leave(conn)
        ahead.drop()
        with contextlib.suppress(OSError):
            conn.sock.send(refusal.answer)
        self._linger(conn)

    def _linger(self, conn: TConn) -> None:
        """Close a connection when its client has, or after a while."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._end(conn)
        else:
            self._lingering[conn] = time.monotonic() + LINGER_SECONDS
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))

    def _drain(self, conn: TConn, _: socket.socket) -> None:
        """Read and discard data."""
        try:
            is_over = not conn.sock.recv(_DRAIN_BYTES)
        except BlockingIOError:
            is_over = False
        except OSError:
            is_over = True
        if is_over:
            self._end_lingering(conn)

    def _end_lingering(self, conn: TConn) -> None:
        del self._lingering[conn]
        self.poller.unregister(conn.sock)
        self._end(conn)

    def _end(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()


def _name(conn: TConn) -> str:
    return conn.client[0] if isinstance(conn.client, tuple) else "the unix socket"
