"""Checks that this machine knows the site's time zone; else the first page with a time would fail."""

from __future__ import annotations

from django_pyz_runtime.errors import UserError


def check_time_zone() -> None:
    """Look for the data of TIME_ZONE if USE_TZ makes Django need it, even for UTC.

    Raises:
        UserError: it is neither on the machine nor in the bundle.
    """
    from zoneinfo import TZPATH, ZoneInfoNotFoundError

    from django.conf import settings
    from django.utils.timezone import get_default_timezone

    if not settings.USE_TZ:
        return
    try:
        get_default_timezone()
    except ZoneInfoNotFoundError:
        places = ", ".join(TZPATH) or "no folder, as PYTHONTZPATH is empty"
        raise UserError(
            f"TIME_ZONE: this machine has no data of the time zone {settings.TIME_ZONE!r}: looked in {places}, "
            "and for the package tzdata in the bundle",
            hint="Install the system's time zone data (Debian and others: tzdata), or add tzdata to the project's "
            "requirements and build again.",
        ) from None
