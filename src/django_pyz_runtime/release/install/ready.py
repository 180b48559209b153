"""Asks a site that systemd serves whether it is ready, and which release answers."""

from __future__ import annotations

import json
import time
from typing import NamedTuple

from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.install import machine

LIMIT_SECONDS = 120
"""How long a site may take to be ready after a start or reload."""
ANY_PAGE = "/"
"""If no page says whether the site is ready, any answer will do."""
_PAUSE_SECONDS = 0.2


class Ready(NamedTuple):
    """How to find out whether a site is ready.

    Attributes:
        page: the path of the page that says so; "" if there is none.
        limit_seconds: how long to wait for it.
    """

    page: str
    limit_seconds: float = LIMIT_SECONDS


def is_ready(site: Site, page: str, build: str) -> bool:
    """Whether a release is ready.

    Args:
        site: its socket is asked.
        page: the path of the page that says so, or ANY_PAGE.
        build: its build id; an answer without one is accepted.
    """
    return _is_ready(*machine.answer_of(site.socket, page), page, build)


def wait(site: Site, page: str, build: str, limit_seconds: float = LIMIT_SECONDS, *, is_paused: bool = False) -> None:
    """Wait until a release is ready.

    Args:
        site: its socket is asked.
        page: the path of the page that says so, or ANY_PAGE.
        build: its build id.
        limit_seconds: how long to wait.
        is_paused: whether to accept a site that is ready except for the pause of an upgrade.

    Raises:
        machine.Failed: it is not ready; with its answer and the last lines of its log.
    """
    deadline = time.monotonic() + limit_seconds
    while True:
        status, body = machine.answer_of(site.socket, page)
        would_be = is_paused and _fact(body, "checks") == "ok"
        if _is_ready(200 if would_be else status, body, page, build):
            return
        if time.monotonic() > deadline:
            who = f"release {named[:12]} " if (named := _fact(body, "build")) else ""
            answer = f"{who}answers with {status}" if status else "nobody answers"
            words = machine.last_words(f"{site.name}.service")
            raise machine.Failed(f"after {limit_seconds:g} s {answer} at {site.socket}{page}\n{words}")
        time.sleep(_PAUSE_SECONDS)


def _is_ready(status: int, body: bytes, page: str, build: str) -> bool:
    return (status == 200 or (page == ANY_PAGE and status > 0)) and _fact(body, "build") in (build, "")


def _fact(body: bytes, name: str) -> str:
    """A fact in an answer, such as the build id; "" if it is missing."""
    try:
        return str(json.loads(body).get(name, ""))
    except (ValueError, AttributeError):
        return ""
