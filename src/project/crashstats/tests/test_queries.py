from datetime import UTC, date, datetime

from django.test import TestCase
from django.utils import timezone

from crashstats import queries
from crashstats.models import CrashReport
from crashstats.periods import Period
from crashstats.tests.factories import stored_report

PERIOD = Period(7, date(2026, 11, 14))


class ProductsTests(TestCase):
    def test_the_product_with_most_crashes_comes_first(self) -> None:
        for product in ("Android", "Browser", "Browser"):
            stored_report(product=product)
        self.assertEqual([(item.name, item.count) for item in queries.products()], [("Browser", 2), ("Android", 1)])

    def test_versions_come_newest_first(self) -> None:
        for version in ("9.0", "10.0", "10.0b2"):
            stored_report(version=version)
        self.assertEqual(queries.products()[0].version_names, ["10.0", "10.0b2", "9.0"])

    def test_the_last_crash_is_that_of_any_version(self) -> None:
        stored_report(version="1.0", day=20)
        stored_report(version="2.0", day=10)
        self.assertEqual(queries.products()[0].last_crash.day, 20)


class CrashesPerDayTests(TestCase):
    def test_days_are_counted(self) -> None:
        for day in (13, 14, 14):
            stored_report(day=day)
        counts = queries.crashes_per_day(CrashReport.objects.all())
        self.assertEqual(counts, {date(2026, 11, 13): 1, date(2026, 11, 14): 2})

    def test_days_begin_at_midnight_of_the_current_time_zone(self) -> None:
        stored_report(day=14, hour=23)
        with timezone.override("Europe/Berlin"):
            counts = queries.crashes_per_day(CrashReport.objects.all())
        self.assertEqual(counts, {date(2026, 11, 15): 1})

    def test_a_period_includes_its_first_and_last_day_only(self) -> None:
        for day in (7, 8, 14, 15):
            stored_report(day=day, hour=0)
        reports = queries.within(CrashReport.objects.all(), PERIOD)
        self.assertEqual(queries.crashes_per_day(reports).keys(), {date(2026, 11, 8), date(2026, 11, 14)})


class TopCrashersTests(TestCase):
    crashers: list[queries.TopCrasher]

    @classmethod
    def setUpTestData(cls) -> None:
        stored_report(signature="rare")
        stored_report(signature="frequent", platform="Windows", day=12)
        stored_report(signature="frequent", platform="Windows", day=13)
        stored_report(signature="frequent", platform="Linux", day=1)
        stored_report(signature="frequent", platform="Android", day=14)
        stored_report(signature="forgotten", day=2)
        cls.crashers = queries.top_crashers(CrashReport.objects.all(), PERIOD)

    def test_the_most_frequent_signature_comes_first(self) -> None:
        ranking = [(crasher.rank, crasher.signature, crasher.count) for crasher in self.crashers]
        self.assertEqual(ranking, [(1, "frequent", 3), (2, "rare", 1)])

    def test_shares_are_those_of_the_period(self) -> None:
        self.assertEqual([crasher.share for crasher in self.crashers], [75, 25])

    def test_crashes_are_split_by_platform(self) -> None:
        platforms = [(part.name, part.count) for part in self.crashers[0].platforms]
        self.assertEqual(platforms, [("Windows", 2), ("Android", 1)])

    def test_first_seen_may_lie_before_the_period(self) -> None:
        self.assertEqual(self.crashers[0].first_seen, datetime(2026, 11, 1, 12, tzinfo=UTC))
        self.assertEqual(self.crashers[0].last_seen, datetime(2026, 11, 14, 12, tzinfo=UTC))


class SharesTests(TestCase):
    def test_versions_come_newest_first(self) -> None:
        for version in ("9.0", "9.0", "10.0"):
            stored_report(version=version)
        shares = queries.version_shares(CrashReport.objects.all())
        self.assertEqual([(part.name, part.count) for part in shares], [("10.0", 1), ("9.0", 2)])

    def test_the_largest_platform_comes_first(self) -> None:
        for platform in ("Linux", "macOS", "macOS"):
            stored_report(platform=platform)
        shares = queries.platform_shares(CrashReport.objects.all())
        self.assertEqual([(part.name, part.count) for part in shares], [("macOS", 2), ("Linux", 1)])
