from django.contrib.auth import get_user_model
from django.test import TestCase

from crashstats.tests.factories import stored_report


class AdminTests(TestCase):
    def test_reports_can_be_searched_and_opened(self) -> None:
        self.client.force_login(get_user_model().objects.create_superuser("admin"))
        report = stored_report(signature="OOM | small")
        response = self.client.get("/admin/crashstats/crashreport/", {"q": "OOM", "product": "Firefox"})
        self.assertContains(response, "OOM | small")
        response = self.client.get(f"/admin/crashstats/crashreport/{report.pk}/change/")
        self.assertContains(response, str(report.pk))
