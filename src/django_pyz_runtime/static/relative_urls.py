"""STATIC_URL and MEDIA_URL that are relative, as `static/`: Django puts the site's address (SCRIPT_NAME) before them.

It does so when they are first read, and keeps what it has made (django.conf.LazySettings). That has to be in a request:
before one, nobody knows the address.
"""

from __future__ import annotations

from typing import Any

_NAMES = ("STATIC_URL", "MEDIA_URL")


def static_url() -> str:
    """STATIC_URL as it is set, without anything before it."""
    return str(_set_value("STATIC_URL") or "")


def forget_made() -> None:
    """Make Django compute them again, at the end of a site's loading, which imports more than Django's own does."""
    from django.conf import settings

    for name in filter(_is_relative, _NAMES):
        vars(settings).pop(name, None)
    if _is_relative("STATIC_URL"):
        _forget_static_storage()


def _is_relative(name: str) -> bool:
    url = str(_set_value(name) or "")
    return bool(url) and not url.startswith(("http://", "https://", "/"))


def _set_value(name: str) -> Any:
    from django.conf import settings

    holder: Any = settings
    return getattr(getattr(holder, "_wrapped", holder), name, None)


def _forget_static_storage() -> None:
    """It has STATIC_URL from when it was made."""
    from django.contrib.staticfiles.storage import staticfiles_storage
    from django.core.files import storage
    from django.utils.functional import empty

    # Since Django 4.2.
    if made := getattr(getattr(storage, "storages", None), "_storages", None):
        made.pop("staticfiles", None)
    vars(staticfiles_storage)["_wrapped"] = empty
