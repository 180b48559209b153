"""Whether a site that systemd serves is ready, and of which release it is: its own answer says both."""

from __future__ import annotations

import json
import time
from typing import NamedTuple

from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.install import machine

LIMIT_SECONDS = 120
"""How long a site that was started or reloaded may take to be ready."""
ANY_PAGE = "/"
"""Where no page says whether the site is ready, any answer will do."""
_PAUSE_SECONDS = 0.2


class Ready(NamedTuple):
    """How to find out whether a site is ready.

    Attributes:
        page: the path of the page that says so; "" where there is none.
        limit_seconds: how long to wait for it.
    """

    page: str
    limit_seconds: float = LIMIT_SECONDS


def is_ready(site: Site, page: str, build: str) -> bool:
    """Whether a release is ready.

    Args:
        site: whose socket is asked.
        page: the path of the page that says so, or ANY_PAGE.
        build: its build id; an answer that names none is believed.
    """
    return _is_ready(*machine.answer_of(site.socket, page), page, build)


def wait(site: Site, page: str, build: str, limit_seconds: float = LIMIT_SECONDS, *, is_paused: bool = False) -> None:
    """Wait until a release is ready.

    Args:
        site: whose socket is asked.
        page: the path of the page that says so, or ANY_PAGE.
        build: its build id.
        limit_seconds: how long to wait.
        is_paused: whether it is enough that it would be ready, did an upgrade not pause the site.

    Raises:
        machine.Failed: it is not; with what it says, and the last lines of its log.
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
    """A fact that an answer names, such as the build id; "" where it does not."""
    try:
        return str(json.loads(body).get(name, ""))
    except (ValueError, AttributeError):
        return ""
