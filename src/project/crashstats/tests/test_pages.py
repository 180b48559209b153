from html import unescape
from urllib.parse import urlencode
from uuid import UUID

from django.test import Client, TestCase

from crashstats.tests.factories import stored_report

SIGNATURE = "mozilla::dom::Foo<T>::bar(int) | 100% & +OOM"


def signature_url(**query: str) -> str:
    """Return the address of the page of a signature."""
    return "/signature/?" + urlencode({"product": "Firefox", "signature": SIGNATURE} | query)


class EmptyTests(TestCase):
    def test_the_home_page_explains_how_to_send_a_report(self) -> None:
        response = self.client.get("/")
        self.assertContains(response, "No crash reports yet")
        self.assertContains(response, "http://testserver/submit/")

    def test_the_example_report_is_accepted(self) -> None:
        page = unescape(self.client.get("/").content.decode())
        example = page[page.index("{\n") : page.index("}'") + 1]
        response = self.client.post("/submit/", example, content_type="application/json")
        self.assertEqual(response.status_code, 201, response.content)


class TopCrashersTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        for day in (8, 14, 14):
            stored_report(day=day, signature=SIGNATURE)
        stored_report(day=13, version="9.0", signature="another")
        stored_report(product="Thunderbird")

    def test_the_product_with_most_crashes_is_shown_first(self) -> None:
        response = self.client.get("/")
        self.assertContains(response, "<title>Top crashers of Firefox · Crash Stats</title>", html=True)
        self.assertContains(response, "4 crashes from Nov 1, 2026 to Nov 14, 2026")

    def test_a_signature_links_to_its_page(self) -> None:
        response = self.client.get("/", {"days": "7"})
        query = urlencode({"days": "7", "product": "Firefox", "signature": SIGNATURE})
        self.assertContains(response, f"/signature/?{query.replace('&', '&amp;')}")
        self.assertContains(self.client.get(f"/signature/?{query}"), "mozilla::dom::Foo&lt;T&gt;")

    def test_a_product_and_a_version_can_be_chosen(self) -> None:
        response = self.client.get("/", {"product": "Firefox", "version": "9.0"})
        self.assertContains(response, "1 crash from")
        self.assertNotContains(response, "mozilla::dom")

    def test_versions_are_offered_newest_first(self) -> None:
        content = self.client.get("/").content.decode()
        self.assertLess(content.index('value="145.0"'), content.index('value="9.0"'))

    def test_the_period_can_be_chosen(self) -> None:
        self.assertContains(self.client.get("/", {"days": "7"}), "4 crashes from Nov 8, 2026")
        self.assertContains(self.client.get("/", {"days": "30"}), "4 crashes from Oct 16, 2026")

    def test_a_strange_period_means_the_default(self) -> None:
        self.assertContains(self.client.get("/", {"days": "-1"}), "4 crashes from Nov 1, 2026")

    def test_the_chart_has_a_tooltip_for_each_day(self) -> None:
        response = self.client.get("/")
        self.assertContains(response, "<title>Nov 14, 2026: 2 crashes</title>")
        self.assertContains(response, "<title>Nov 12, 2026: 0 crashes</title>")

    def test_an_unknown_product_or_version_is_not_found(self) -> None:
        self.assertEqual(self.client.get("/", {"product": "Opera"}).status_code, 404)
        self.assertEqual(self.client.get("/", {"version": "1.0"}).status_code, 404)

    def test_the_number_of_queries_is_fixed(self) -> None:
        with self.assertNumQueries(6):
            self.client.get("/")


class SignatureTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        for _ in range(21):
            stored_report(signature=SIGNATURE)

    def test_it_shows_versions_and_platforms(self) -> None:
        response = self.client.get(signature_url())
        self.assertContains(response, "<caption>Versions</caption>", html=True)
        self.assertContains(response, "<caption>Platforms</caption>", html=True)
        self.assertContains(response, "21 crashes")

    def test_the_reports_are_paginated(self) -> None:
        self.assertContains(self.client.get(signature_url()), "/report/", count=20)
        self.assertContains(self.client.get(signature_url(page="2")), "/report/", count=1)

    def test_the_number_of_queries_is_fixed(self) -> None:
        with self.assertNumQueries(7):
            self.client.get(signature_url())

    def test_a_version_without_this_signature_is_not_found(self) -> None:
        stored_report(version="146.0")
        self.assertEqual(self.client.get(signature_url(version="146.0")).status_code, 404)

    def test_an_unknown_signature_is_not_found(self) -> None:
        self.assertEqual(self.client.get(signature_url(signature="unknown")).status_code, 404)


class ReportTests(TestCase):
    def test_it_shows_all_fields(self) -> None:
        report = stored_report(signature=SIGNATURE)
        response = self.client.get(report.get_absolute_url())
        for text in ("Foo&lt;T&gt;::bar(int)", "Firefox", "145.0", "Linux", str(report.pk), "None was sent."):
            self.assertContains(response, text)

    def test_it_links_to_the_minidump(self) -> None:
        report = stored_report()
        report.minidump.name = "minidumps/a.dmp"
        report.save()
        self.assertContains(self.client.get(report.get_absolute_url()), 'href="/media/minidumps/a.dmp"')

    def test_an_unknown_report_is_not_found(self) -> None:
        response = self.client.get(f"/report/{UUID(int=0)}/")
        self.assertContains(response, "Page not found", status_code=404)


class ErrorPageTests(TestCase):
    def test_a_broken_page_says_so(self) -> None:
        client = Client(raise_request_exception=False)
        with self.settings(ROOT_URLCONF="crashstats.tests.broken_urls"), self.assertLogs("django.request"):
            response = client.get("/")
        self.assertContains(response, "Something went wrong on our side.", status_code=500)
