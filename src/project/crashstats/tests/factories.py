"""Crash reports for the tests."""

from datetime import UTC, datetime

from crashstats.models import CrashReport


def sent_report(**changes: object) -> dict[str, object]:
    """Return a good report as a client sends it, with some fields changed."""
    report: dict[str, object] = {
        "product": "Firefox",
        "version": "145.0",
        "signature": "mozilla::dom::Foo<T>::bar(int) | OOM",
        "platform": "Linux",
        "time": "2026-11-14T09:30:00Z",
    }
    return report | changes


def stored_report(
    *,
    product: str = "Firefox",
    version: str = "145.0",
    signature: str = "OOM | small",
    platform: str = "Linux",
    day: int = 14,
    hour: int = 12,
) -> CrashReport:
    """Store a report of a crash in November 2026."""
    return CrashReport.objects.create(
        product=product,
        version=version,
        signature=signature,
        platform=platform,
        time=datetime(2026, 11, day, hour, tzinfo=UTC),
    )
