"""The numbers behind the pages. Each function runs a fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, Min, QuerySet
from django.db.models.functions import TruncDate

from crashstats.charts import Segment, segments
from crashstats.models import CrashReport
from crashstats.periods import Period
from crashstats.versions import version_key

TOP_CRASHERS_SHOWN = 50


@dataclass(frozen=True)
class Version:
    """A version of a product and how often it crashed."""

    name: str
    count: int
    last_crash: datetime


@dataclass(frozen=True)
class Product:
    """A product and its versions, newest first."""

    name: str
    versions: list[Version]

    @property
    def count(self) -> int:
        """How often the product crashed."""
        return sum(version.count for version in self.versions)

    @property
    def last_crash(self) -> datetime:
        """When the product crashed last."""
        return max(version.last_crash for version in self.versions)

    @property
    def version_names(self) -> list[str]:
        """The names of its versions."""
        return [version.name for version in self.versions]


@dataclass(frozen=True)
class TopCrasher:
    """A signature in the ranking. First and last seen look beyond the period of the ranking."""

    rank: int
    signature: str
    count: int
    share: float
    platforms: list[Segment]
    first_seen: datetime
    last_seen: datetime


def products() -> list[Product]:
    """Return all products, the one with the most crashes first."""
    rows = (
        CrashReport.objects.order_by()
        .values_list("product", "version")
        .annotate(count=Count("pk"), last_crash=Max("time"))
    )
    versions: defaultdict[str, list[Version]] = defaultdict(list)
    for product, *version in rows:
        versions[product].append(Version(*version))
    found = [Product(name, newest_first(versions[name])) for name in versions]
    return sorted(found, key=lambda product: (-product.count, product.name))


def newest_first(versions: list[Version]) -> list[Version]:
    """Sort versions naturally, the newest first."""
    return sorted(versions, key=lambda version: version_key(version.name), reverse=True)


def within(reports: QuerySet[CrashReport], period: Period) -> QuerySet[CrashReport]:
    """Keep the reports of crashes in a period."""
    return reports.filter(time__gte=period.start, time__lt=period.end)


def crashes_per_day(reports: QuerySet[CrashReport]) -> dict[date, int]:
    """Count the crashes of each day in the current time zone. Days without any are missing."""
    days = reports.order_by().annotate(day=TruncDate("time")).values_list("day")
    return dict(days.annotate(count=Count("pk")))


def top_crashers(history: QuerySet[CrashReport], period: Period) -> list[TopCrasher]:
    """Rank the signatures by their crashes in a period."""
    reports = within(history, period)
    total = reports.count()
    ranking = reports.values_list("signature").annotate(count=Count("pk")).order_by("-count", "signature")
    counts = dict(ranking[:TOP_CRASHERS_SHOWN])
    platforms = _counts_per_platform(reports.filter(signature__in=counts))
    seen = _first_and_last_seen(history.filter(signature__in=counts))
    return [
        TopCrasher(rank, signature, count, count / total * 100, segments(platforms[signature]), *seen[signature])
        for rank, (signature, count) in enumerate(counts.items(), start=1)
    ]


def _counts_per_platform(reports: QuerySet[CrashReport]) -> dict[str, dict[str, int]]:
    """Return the number of crashes on each platform for each signature."""
    counts: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(CrashReport.Platform.values, 0))
    rows = reports.order_by().values_list("signature", "platform")
    for signature, platform, count in rows.annotate(count=Count("pk")):
        counts[signature][platform] = count
    return counts


def _first_and_last_seen(reports: QuerySet[CrashReport]) -> dict[str, tuple[datetime, datetime]]:
    """Return the times of the first and the last crash of each signature."""
    rows = reports.order_by().values_list("signature").annotate(Min("time"), Max("time"))
    return {signature: (first, last) for signature, first, last in rows}


def version_shares(reports: QuerySet[CrashReport]) -> list[Segment]:
    """Return the share of each version, newest first."""
    counts = _count_by(reports, "version")
    return segments({name: counts[name] for name in sorted(counts, key=version_key, reverse=True)})


def platform_shares(reports: QuerySet[CrashReport]) -> list[Segment]:
    """Return the share of each platform, the largest first."""
    counts = _count_by(reports, "platform")
    return segments({name: counts[name] for name in sorted(counts, key=lambda name: -counts[name])})


def _count_by(reports: QuerySet[CrashReport], field: str) -> dict[str, int]:
    """Count the reports for each value of a field."""
    return dict(reports.order_by(field).values_list(field).annotate(count=Count("pk")))
