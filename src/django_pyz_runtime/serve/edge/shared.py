"""What the processes of the server share, as the edge sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django_pyz_runtime.release.gate import Gate
from django_pyz_runtime.serve.metrics.counters import Meter


class Shared(NamedTuple):
    """What they share; by default nothing, as under the servers of others.

    Attributes:
        gate: which an upgrade may close.
        began_ahead: as for MigrationCheck.
        meter: counts requests; None where nobody wants to know.
        say_pending: is told how many migrations are missing.
    """

    gate: Gate
    began_ahead: Callable[[], bool] | None = None
    meter: Meter | None = None
    say_pending: Callable[[int], None] = lambda migrations: None
