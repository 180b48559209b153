"""The fields of the access log: the client's address, also behind a proxy, and for JSON one field per fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from gunicorn.glogging import SafeAtoms

from django_pyz_runtime.serve.edge.request_ids import HEADER, current

if TYPE_CHECKING:
    from gunicorn.config import Config

FORMATS = {
    "plain": f'%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s" %(L)s %({{{HEADER.lower()}}}o)s',
    "json": "%(m)s %(U)s %(s)s",
}
"""gunicorn's access_log_format by `[log] format`; the plain one is its own with the seconds and the request's name."""


class Atoms(SafeAtoms):
    """gunicorn's facts about a request, for its format; `facts` has them as they are.

    Args:
        atoms: the facts.
    """

    def __init__(self, atoms: dict[str, Any]) -> None:
        super().__init__(atoms)
        self.facts = atoms


def fields(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request.

    Args:
        facts: gunicorn's, by the letters of its format.
    """
    path, _, query = str(facts.get("{raw_uri}e", "")).partition("?")
    request_id = facts.get(f"{{{HEADER.lower()}}}o") or current.get()
    return {
        "method": facts["m"],
        "path": path,
        "query": query,
        "protocol": facts["H"],
        "status": int(facts["s"]),
        "bytes": facts["B"] or 0,
        "duration": facts["D"] / 1_000_000,
        "client": _said(facts["h"]),
        "request_id": request_id or None,
        "user_agent": _said(facts["a"]),
        "referer": _said(facts["f"]),
    }


def _said(fact: str) -> str | None:
    return None if fact == "-" else fact


def client_address(environ: Mapping[str, Any], config: Config) -> str:
    """The client's address: that of the connection, or the one that a trusted proxy names (forwarded_allow_ips).

    A client on a unix socket is trusted, as in gunicorn. Of the addresses in X-Forwarded-For it is the last one that is
    not a trusted proxy's. "" if unknown.
    """
    peer = str(environ.get("REMOTE_ADDR", ""))
    hops = [hop.strip() for hop in str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
    allowed = config.forwarded_allow_ips
    networks: Iterable[IPv4Network | IPv6Network] = config.forwarded_allow_networks() if "*" not in allowed else ()
    found = peer if _is_address(peer) else ""
    while hops and (not found or "*" in allowed or any(ip_address(found) in network for network in networks)):
        if not _is_address(hop := hops.pop()):
            break
        found = hop
    return found


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
