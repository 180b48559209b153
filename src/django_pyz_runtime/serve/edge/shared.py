"""State that the processes of the server share, as the edge sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django_pyz_runtime.release.gate import Gate
from django_pyz_runtime.serve.metrics.counters import Meter


class Shared(NamedTuple):
    """The shared state; by default nothing, as under other servers.

    Attributes:
        gate: which an upgrade may close.
        began_ahead: as for MigrationCheck.
        meter: counts requests; None without metrics.
        say_pending: called with the number of unapplied migrations.
    """

    gate: Gate
    began_ahead: Callable[[], bool] | None = None
    meter: Meter | None = None
    say_pending: Callable[[int], None] = lambda migrations: None
