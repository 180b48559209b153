"""A websocket client that is just enough to talk to a server of ours (RFC 6455): short text frames."""

from __future__ import annotations

import base64
import os
import socket
import struct
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.waiting import DEADLINE_SECONDS

_TEXT, _CLOSE = 0x81, 0x88


class WebSocket:
    """A connection.

    Args:
        url: of the server, http://host:port.
        path: of the websocket.
    """

    def __init__(self, url: str, path: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80), DEADLINE_SECONDS)
        self._answers = self._socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Origin: {url}\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.status = int(self._answers.readline().split()[1])
        self.headers: dict[str, str] = {}
        while line := self._answers.readline().decode().strip():
            name, _, value = line.partition(": ")
            self.headers[name.lower()] = value

    def send(self, text: str) -> None:
        """Send a text of at most 125 bytes."""
        self._send(_TEXT, text.encode())

    def _send(self, kind: int, payload: bytes) -> None:
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self._socket.sendall(struct.pack("!BB", kind, 0x80 | len(payload)) + mask + masked)

    def receive(self) -> str | int:
        """The next text; where the server closes the connection, its code."""
        kind, length = struct.unpack("!BB", self._answers.read(2))
        payload: bytes = self._answers.read(length)
        if kind == _TEXT:
            return payload.decode()
        self._send(_CLOSE, payload)
        return int.from_bytes(payload[:2], "big")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._answers.close()
        self._socket.close()
