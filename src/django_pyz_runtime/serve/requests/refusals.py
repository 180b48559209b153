"""Rejected requests, and the answers to their clients."""

from __future__ import annotations

from http import HTTPStatus

from gunicorn.config import Config

LINGER_SECONDS = 2.0
"""How long a connection stays open after its last answer, so that the client can read it (RFC 9112, section 9.6)."""


class Refusal(Exception):
    """A request that is rejected.

    Args:
        status: for the client.
        reason: for the log.
    """

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status

    @property
    def answer(self) -> bytes:
        """The whole response, after which the connection is closed."""
        body = f"{self.status.phrase}\n".encode()
        head = (
            f"HTTP/1.1 {self.status.value} {self.status.phrase}\r\n"
            "Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def bad_request(reason: str) -> Refusal:
    """One that is not valid HTTP/1."""
    return Refusal(HTTPStatus.BAD_REQUEST, reason)


def too_large(limit_bytes: int) -> Refusal:
    """One with a body above the limit."""
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"its body is over {limit_bytes} bytes, see [serve] body_limit")


def no_room(limit_bytes: int) -> Refusal:
    """One that does not fit beside the other requests in progress."""
    reason = f"large requests hold {limit_bytes} bytes already, see [serve] body_total"
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, reason)


def too_slow() -> Refusal:
    """One that does not arrive in time."""
    return Refusal(HTTPStatus.REQUEST_TIMEOUT, "it arrives too slowly")


_USUAL = {
    "proxy_protocol": "off",
    "protocol": "http",
    "http2_cleartext": "off",
    "permit_obsolete_folding": False,
    "permit_unconventional_http_version": False,
    "strip_header_spaces": False,
}
"""gunicorn settings that change what a request looks like, each with the value that leaves it as it is."""


def is_plain_http1(config: Config) -> bool:
    """Whether requests come without TLS, and as in RFC 9112."""
    return not config.is_ssl and all(config.settings[name].get() == usual for name, usual in _USUAL.items())
