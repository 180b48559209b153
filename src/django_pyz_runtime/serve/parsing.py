"""Whether gunicorn reads requests as HTTP/1 should be read, so that ours can look at them first."""

from __future__ import annotations

from gunicorn.config import Config

_USUAL = {
    "proxy_protocol": (False, "off"),
    "protocol": ("http",),
    "http2_cleartext": ("off",),
    "permit_obsolete_folding": (False,),
    "permit_unconventional_http_version": (False,),
    "strip_header_spaces": (False,),
}
"""gunicorn settings that change what a request looks like, each with the values that leave it as it is."""


def is_plain_http1(config: Config) -> bool:
    """Whether requests come without TLS, and as in RFC 9112."""
    return not config.is_ssl and all(
        config.settings[name].get() in usual for name, usual in _USUAL.items() if name in config.settings
    )
