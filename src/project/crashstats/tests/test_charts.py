from datetime import date, timedelta

from django.test import SimpleTestCase

from crashstats.charts import MAX_DAY_LABELS, PLOT_HEIGHT, bar_chart, nice_ticks, segments

DAYS = [date(2026, 11, 8) + timedelta(days=number) for number in range(14)]


class NiceTicksTests(SimpleTestCase):
    def test_ticks_are_round_and_reach_the_highest_value(self) -> None:
        expected = {
            0: [0, 1],
            1: [0, 1],
            5: [0, 1, 2, 3, 4, 5],
            6: [0, 2, 4, 6],
            11: [0, 5, 10, 15],
            99: [0, 20, 40, 60, 80, 100],
            101: [0, 50, 100, 150],
            7200: [0, 2000, 4000, 6000, 8000],
        }
        for highest, ticks in expected.items():
            with self.subTest(highest=highest):
                self.assertEqual(nice_ticks(highest), ticks)


class BarChartTests(SimpleTestCase):
    def test_a_day_without_crashes_is_a_gap(self) -> None:
        columns = bar_chart({DAYS[0]: 3, DAYS[2]: 1}, DAYS).columns
        self.assertEqual([column.count for column in columns[:4]], [3, 0, 1, 0])
        self.assertEqual(columns[1].bar_height, 0)

    def test_bars_stand_on_the_axis_and_are_in_proportion(self) -> None:
        low, high = bar_chart({DAYS[0]: 5, DAYS[1]: 10}, DAYS[:2]).columns
        self.assertEqual((low.bar_height, high.bar_height), (PLOT_HEIGHT / 2, PLOT_HEIGHT))
        self.assertEqual((low.bar_y, high.bar_y), (PLOT_HEIGHT / 2, 0))

    def test_columns_fill_the_width(self) -> None:
        columns = bar_chart({}, DAYS[:4]).columns
        self.assertEqual([column.left for column in columns], [0, 25, 50, 75])
        self.assertEqual([column.middle for column in columns], [12.5, 37.5, 62.5, 87.5])

    def test_ticks_go_from_the_bottom_to_the_top(self) -> None:
        ticks = bar_chart({DAYS[0]: 2}, DAYS).ticks
        self.assertEqual([(tick.value, tick.y) for tick in ticks], [(0, 200), (1, 100), (2, 0)])

    def test_the_last_day_is_labelled_and_labels_are_few(self) -> None:
        for length in (1, 7, 8, 14):
            with self.subTest(length=length):
                columns = bar_chart({}, DAYS[:length]).columns
                self.assertTrue(columns[-1].labelled)
                self.assertLessEqual(sum(column.labelled for column in columns), MAX_DAY_LABELS)

    def test_every_second_label_is_minor(self) -> None:
        columns = bar_chart({}, DAYS[:3]).columns
        self.assertEqual([column.label_is_minor for column in columns], [False, True, False])

    def test_the_total_and_the_peak_are_known(self) -> None:
        chart = bar_chart({DAYS[0]: 3, DAYS[5]: 4}, DAYS)
        self.assertEqual((chart.total, chart.peak.day), (7, DAYS[5]))


class SegmentsTests(SimpleTestCase):
    def test_segments_follow_each_other(self) -> None:
        parts = segments({"Windows": 6, "Linux": 0, "macOS": 2})
        self.assertEqual(
            [(part.name, part.start, part.share) for part in parts], [("Windows", 0, 75), ("macOS", 75, 25)]
        )

    def test_nothing_has_no_segments(self) -> None:
        self.assertEqual(segments({"Windows": 0}), [])
