import sys
import tempfile
from pathlib import Path
from unittest import mock
from zipfile import ZipFile

from django.conf import settings
from django.test import TestCase

from crashstats.origin import Origin
from crashstats.tests.factories import stored_report

ABOUT = "the sample of django-pyz"


class OriginTests(TestCase):
    def test_a_checkout_has_none(self) -> None:
        self.assertNotContains(self.client.get("/"), ABOUT)


class PackedTests(TestCase):
    def setUp(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.file = folder / "a site"
        ZipFile(self.file, "w").close()
        self.enterContext(mock.patch.object(sys, "argv", [str(self.file), "runserve"]))

    def test_the_home_page_tells_the_file_the_code_and_the_server(self) -> None:
        for _ in range(2):
            response = self.client.get("/", SERVER_SOFTWARE="gunicorn/27.0.1")
            self.assertContains(response, f"<code>{self.file}</code>", html=True)
            self.assertContains(response, f"<code>{settings.BASE_DIR}</code>", html=True)
            self.assertContains(response, "serves this page with gunicorn 27.0.1, Django")
            stored_report()

    def test_of_a_digest_in_the_path_only_the_beginning_is_shown(self) -> None:
        origin = Origin(self.file, Path("/cache", "0123456789abcdef" * 4, "project"), "")
        self.assertEqual(origin.short_code, "/cache/01234567…/project")

    def test_its_commands_are_quoted_for_a_shell(self) -> None:
        response = self.client.get("/")
        self.assertContains(response, f"<code>'{self.file}' pyz config init</code>", html=True)
        sample = f"{settings.BASE_DIR}/crashstats/fixtures/sample_crashes.jsonl"
        self.assertContains(response, f"<code>'{self.file}' import_crashes {sample}</code>", html=True)

    def test_visitors_from_elsewhere_are_told_no_paths(self) -> None:
        self.assertNotContains(self.client.get("/", REMOTE_ADDR="198.51.100.7"), ABOUT)
        self.assertNotContains(self.client.get("/", headers={"X-Forwarded-For": "198.51.100.7"}), ABOUT)

    def test_it_is_german_for_a_german(self) -> None:
        self.assertContains(self.client.get("/", headers={"Accept-Language": "de"}), "das Beispiel von django-pyz")
