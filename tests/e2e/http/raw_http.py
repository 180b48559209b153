"""A client that sends bytes as they are, and a site that says what reached it."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.harness import Machine, Server, wait_for_line
from tests.waiting import DEADLINE_SECONDS

ECHO = """
import json, sys
from django.http import JsonResponse
from django.urls import get_script_prefix, re_path
from django.views.decorators.csrf import csrf_exempt

@csrf_exempt
def echo(request, path):
    body = request.body
    said = {"method": request.method, "path": request.path, "body": len(body), "scheme": request.scheme}
    said["path_info"], said["script_name"] = request.path_info, get_script_prefix().rstrip("/")
    said["client"] = request.META.get("REMOTE_ADDR")
    said["meta"] = {name: value for name, value in request.META.items() if name.startswith(("HTTP_", "SERVER_"))}
    print("SEEN", request.method, ascii(request.path), len(body), file=sys.stderr, flush=True)
    if path.startswith("host"):
        said["host"] = request.get_host()
    return JsonResponse(said)

urlpatterns = [re_path("(?s)^(?P<path>.*)$", echo)]
"""
"""A URL configuration: whatever is asked for, it is written to standard error, and answered."""
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
"""No body has it; one may end without a line end before the next response."""


@dataclass(frozen=True)
class Answers:
    """What came back on one connection.

    Attributes:
        data: all of it.
        is_closed: whether the server closed the connection.
    """

    data: bytes
    is_closed: bool

    @property
    def statuses(self) -> list[int]:
        """The status of each response, those that only say to go on left out."""
        return [status for found in _STATUS.findall(self.data) if (status := int(found)) >= 200]

    @property
    def said(self) -> dict[str, Any]:
        """What the site said in the one response."""
        said: dict[str, Any] = json.loads(self.data.partition(b"\r\n\r\n")[2])
        return said


def connected(address: str, source: str = "", timeout_seconds: float = DEADLINE_SECONDS) -> socket.socket:
    """A connection to a server.

    Args:
        address: http://HOST:PORT, or unix:/path.
        source: the address to come from.
        timeout_seconds: for each call.
    """
    if address.startswith("unix:"):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(timeout_seconds)
        client.connect(address.removeprefix("unix:"))
        return client
    parts = urlsplit(address)
    where = (parts.hostname or "", parts.port or 80)
    return socket.create_connection(where, timeout_seconds, (source, 0) if source else None)


def exchange(address: str, *pieces: bytes, source: str = "") -> Answers:
    """Send pieces one after the other, and read until the server closes the connection."""
    with connected(address, source) as client:
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                client.sendall(piece)
        return Answers(*read_all(client))


def read_all(client: socket.socket) -> tuple[bytes, bool]:
    """What a server sends until it closes the connection, and whether it does."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    data = b""
    while time.monotonic() < deadline:
        try:
            piece = client.recv(65536)
        except ConnectionError:
            return data, True
        except TimeoutError:
            break
        if not piece:
            return data, True
        data += piece
    return data, False


def ask(address: str, path: str, *lines: str, source: str = "", method: str = "GET", body: bytes = b"") -> Answers:
    """Send one well-formed request; header fields come as lines."""
    length = [f"Content-Length: {len(body)}"] if body else []
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", *lines, *length, "Connection: close", "", ""]
    return exchange(address, "\r\n".join(head).encode() + body, source=source)


def configure_echo(
    machine: Machine, *, more: str = "", interface: str = "wsgi", settings: str = "", urls: str = ECHO
) -> None:
    """Let a machine serve the echo for all that the edge does not answer.

    Args:
        machine: its configuration is written.
        more: further sections.
        interface: wsgi or asgi.
        settings: further lines of [settings].
        urls: another URL configuration.
    """
    module = machine.folder / "echo_urls.py"
    module.write_text(urls)
    machine.configure(
        f"[modules]\necho_urls = {module}\n"
        f"[settings]\nDEBUG = false\nALLOWED_HOSTS = *\nROOT_URLCONF = echo_urls\n{settings}\n"
        f"{more}\n" + ("" if "[serve]" in more else f"[serve]\ninterface = {interface}\nworkers = 1\n")
    )


def seen(server: Server, mark: str) -> list[str]:
    """The requests that have reached the site, up to one with a path of its own that is made now."""
    assert ask(server.url, f"/mark/{mark}").statuses == [200]
    wait_for_line(server, rf"SEEN GET '/mark/{re.escape(mark)}'")
    return re.findall(r"^SEEN (.*)$", server.said, re.MULTILINE)


@contextlib.contextmanager
def half_open(address: str, count: int, starts: list[bytes]) -> Iterator[list[socket.socket]]:
    """Connections on which the beginning of a request was sent, and no more.

    Args:
        address: of the server.
        count: how many.
        starts: what to send, in turn.
    """
    with contextlib.ExitStack() as stack:
        clients = []
        for number in range(count):
            client = stack.enter_context(connected(address))
            client.sendall(starts[number % len(starts)])
            clients.append(client)
        yield clients
