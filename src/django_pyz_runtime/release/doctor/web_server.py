"""Reads the configuration of nginx on this host: the site's host names, folders that nginx serves itself, its user."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.release.files.site import Site

_MAIN = "/etc/nginx/nginx.conf"
_PATTERNS = ("conf.d/*.conf", "sites-enabled/*")
_NO_NAMES = {"_", "localhost", "", '""'}


class Alias(NamedTuple):
    """A folder whose files nginx serves itself.

    Attributes:
        url: its URL path.
        folder: absolute path.
        where: the file that configures it.
    """

    url: str
    folder: str
    where: str


class Nginx(NamedTuple):
    """The nginx in front of a site.

    Attributes:
        names: the host names whose requests it passes to the site, each with the file that configures it.
        aliases: folders whose files it serves itself, in the same servers.
        user: of its workers; "" if there is no nginx in front of the site.
    """

    names: dict[str, str]
    aliases: tuple[Alias, ...] = ()
    user: str = ""


def nginx(site: Site, folder: Path = Path(_MAIN).parent) -> Nginx:
    """The configuration of this host's nginx for a site; empty if it has none.

    Args:
        site: the site.
        folder: of its configuration.
    """
    names: dict[str, str] = {}
    aliases: list[Alias] = []
    is_there = False
    for path in sorted(path for pattern in _PATTERNS for path in folder.glob(pattern)):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = re.sub(r"(?m)(^|\s)#.*$", r"\1", path.read_text(encoding="utf-8"))
            for server in _servers(text, site):
                is_there = True
                for words in re.findall(r"\bserver_name\s+([^;]+);", server):
                    names |= {word: str(path) for word in words.split() if _is_name(word)}
                aliases += [Alias(url, alias, str(path)) for url, alias in _aliases(server)]
    return Nginx(names, tuple(aliases), _user(folder / "nginx.conf") if is_there else "")


def _is_name(word: str) -> bool:
    return word not in _NO_NAMES and not word.startswith("~")


def _servers(text: str, site: Site) -> Iterator[str]:
    """The servers that pass requests to the site's socket or to one of its addresses."""
    upstreams = [
        found[1] for found in re.finditer(r"\bupstream\s+(\S+)\s*\{", text) if _asks(_block(text, found.end()), site)
    ]
    ways = [rf"proxy_pass\s+http://{re.escape(name)}\b" for name in upstreams]
    ways.append(rf"include\s+\S*{re.escape(site.name)}-below-a-path\.conf")
    for found in re.finditer(r"\bserver\s*\{", text):
        server = _block(text, found.end())
        if _asks(server, site) or any(re.search(way, server) for way in ways):
            yield server


def _asks(block: str, site: Site) -> bool:
    """Whether a block names the site's socket or an address of it."""
    addresses = (bind.removeprefix("unix:") for bind in site.binds)
    return any(re.search(rf"{re.escape(one)}(?![\w.])", block) for one in (site.socket, *addresses) if one)


def _block(text: str, start: int) -> str:
    """The text between an opened brace and the one that closes it."""
    depth, end = 1, start
    while end < len(text) and depth:
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
    return text[start : end - 1]


def _aliases(server: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"\blocation\s+(?:\^~\s+)?(/\S*)\s*\{", server):
        block = _block(server, found.end())
        if alias := re.search(r"\balias\s+([^;]+);", block):
            yield found[1], alias[1].strip("\"'")
        elif root := re.search(r"\broot\s+([^;]+);", block):
            yield found[1], root[1].strip("\"'").rstrip("/") + found[1]


def _user(path: Path) -> str:
    try:
        found = re.search(r"(?m)^\s*user\s+([\w.-]+)", path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return ""
    return found[1] if found else "nobody"
