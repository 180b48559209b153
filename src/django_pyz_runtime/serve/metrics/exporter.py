"""The process that serves metrics, a child of the server's master.

Only this process imports prometheus-client, from the bundle's own folder, and it imports nothing of the project. So the
project may have any version of it, and its registry is not on the page. The numbers come from the workers' counters.

It is started as `python -c START SITE_PACKAGES METRICS_FOLDER JSON`, with the descriptors that the JSON names open:
`Orders` says what is in it. It answers GET for every path. It ends when its parent does or with SIGTERM, once it has
answered whom it has accepted; others are left to the process that takes its place.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import Any, NamedTuple

from django_pyz_runtime.activation import process_title
from django_pyz_runtime.bundle import bytecode_finder
from django_pyz_runtime.bundle.manifest import METRICS_FOLDER

START = """\
import sys
sys.path.append(sys.argv[1])
from django_pyz_runtime.bundle import bytecode_finder
bytecode_finder.install_for_tree(sys.argv[1])
from django_pyz_runtime.serve.metrics import exporter
exporter.main(*sys.argv[1:])
"""
_CLIENT_SECONDS = 5
"""Socket timeout for a client."""
_LOOK_SECONDS = 0.5
"""Interval between two checks that the parent is alive."""
_MOST_CLIENTS = 8
"""Number of clients at a time."""


class Orders(NamedTuple):
    """The arguments of the process.

    Attributes:
        title: for ps.
        parent: the process id of the master.
        listener: the descriptor of a listening socket.
        counters: the descriptor of the file with the counters.
        release: labels of the release, and their values.
        listeners: the server's listening sockets, name and inode.
    """

    title: str
    parent: int
    listener: int
    counters: int
    release: Mapping[str, str]
    listeners: Mapping[str, int]

    def to_json(self) -> str:
        """As one argument."""
        return json.dumps(self._asdict())


def main(site_packages: str, metrics_folder: str, orders: str) -> None:
    """Answer until the parent exits or stops this process.

    Args:
        site_packages: of the bundle's tree.
        metrics_folder: where prometheus-client is.
        orders: as `Orders.to_json` writes them.
    """
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH):
        # Where the whole group gets one, the master decides.
        signal.signal(number, signal.SIG_IGN)
    ends: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: ends.append(number))
    given = Orders(**json.loads(orders))
    process_title.show_title(given.title)
    sys.path.remove(site_packages)
    sys.path.insert(0, metrics_folder)
    bytecode_finder.install(os.path.dirname(site_packages), {metrics_folder: ""}, root=METRICS_FOLDER)
    from prometheus_client.exposition import MetricsHandler
    from prometheus_client.registry import CollectorRegistry

    from django_pyz_runtime.serve.metrics.page import Page

    registry = CollectorRegistry()
    registry.register(Page(given.counters, given.release, given.listeners))
    handler: Any = MetricsHandler.factory(registry)
    handler.timeout = _CLIENT_SECONDS
    server = _Server(socket.socket(fileno=given.listener), handler)
    while not ends and os.getppid() == given.parent:
        server.handle_request()
    server.server_close()


class _Server(ThreadingMixIn, HTTPServer):
    """Answers on a listening socket, with a thread per client.

    Args:
        listener: the socket.
        handler: of requests.
    """

    def __init__(self, listener: socket.socket, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("", 0), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.timeout = _LOOK_SECONDS
        self._room = threading.BoundedSemaphore(_MOST_CLIENTS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a client a thread, or turn it away where all are busy."""
        if self._room.acquire(timeout=_LOOK_SECONDS):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log an error, unless the client has just disconnected."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
