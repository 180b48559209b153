"""The timestamp that a build writes into its output."""

from __future__ import annotations

import os
from collections.abc import Mapping

from django_pyz_runtime.errors import UserError

VARIABLE = "SOURCE_DATE_EPOCH"
_EARLIEST = 315532800
"""1980-01-01, the first moment that a zip file can express."""
_LATEST = 4354819199
"""2107-12-31, the last one."""


def source_date_epoch(environ: Mapping[str, str] = os.environ) -> int:
    """The timestamp for archives: SOURCE_DATE_EPOCH (reproducible-builds.org), else the earliest possible.

    Raises:
        UserError: the variable is not a time that a zip file can express.
    """
    given = environ.get(VARIABLE, "")
    if not given:
        return _EARLIEST
    if not given.isdecimal() or int(given) > _LATEST:
        raise UserError(f"{VARIABLE}: wanted seconds since 1970, at most {_LATEST}, found {given!r}")
    return max(int(given), _EARLIEST)
