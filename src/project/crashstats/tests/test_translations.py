from django.test import TestCase

from crashstats.tests.factories import sent_report, stored_report

GERMAN = {"Accept-Language": "de"}


class GermanTests(TestCase):
    def test_the_pages_are_german(self) -> None:
        stored_report()
        response = self.client.get("/", headers=GERMAN)
        self.assertContains(response, '<html lang="de">')
        self.assertContains(response, "Häufigste Abstürze von Firefox")
        self.assertContains(response, "1 Absturz vom 01.11.2026 bis 14.11.2026")

    def test_numbers_in_the_chart_stay_valid_svg(self) -> None:
        stored_report()
        response = self.client.get("/", headers=GERMAN)
        self.assertContains(response, 'x="7.143%"')
        self.assertContains(response, "100,0 %")

    def test_errors_are_german(self) -> None:
        response = self.client.post(
            "/submit/", sent_report(colour="red", version=""), "application/json", headers=GERMAN
        )
        self.assertEqual(
            response.json()["errors"],
            {"colour": ["Unbekanntes Feld."], "version": ["Dieses Feld ist zwingend erforderlich."]},
        )
