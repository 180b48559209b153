"""Whose request the access log says it was."""

from __future__ import annotations

import pytest
from gunicorn.config import Config

from django_pyz_runtime.serve.settings.access_log import client_address

UNIX = ["", "-"]
"""What gunicorn's workers say of a client behind a unix socket."""


@pytest.mark.parametrize(
    ("peer", "forwarded", "allowed", "expected"),
    [
        *((peer, "198.51.100.7", "127.0.0.1", "198.51.100.7") for peer in UNIX),
        *((peer, "6.6.6.6, 198.51.100.7", "127.0.0.1", "198.51.100.7") for peer in UNIX),
        *((peer, "", "127.0.0.1", "") for peer in UNIX),
        ("127.0.0.1", "2001:db8::7", "127.0.0.1", "2001:db8::7"),
        ("127.0.0.1", "198.51.100.7, 10.0.0.2", "127.0.0.1,10.0.0.0/8", "198.51.100.7"),
        ("127.0.0.1", "198.51.100.7, 10.0.0.2", "*", "198.51.100.7"),
        ("127.0.0.1", "no address", "127.0.0.1", "127.0.0.1"),
        ("203.0.113.1", "198.51.100.7", "127.0.0.1", "203.0.113.1"),
    ],
)
def test_a_proxy_is_believed_only_where_it_is_trusted(peer: str, forwarded: str, allowed: str, expected: str) -> None:
    config = Config()
    config.set("forwarded_allow_ips", allowed)
    assert client_address({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}, config) == expected
