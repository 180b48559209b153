from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from django.core.files.storage import InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase
from django.utils import timezone

from crashstats.api import MAX_JSON_BYTES, MAX_MULTIPART_BYTES
from crashstats.models import MAX_MINIDUMP_BYTES, CrashReport
from crashstats.tests.factories import sent_report


class SubmitTestCase(TestCase):
    """Sends reports to the endpoint."""

    def submit(self, body: object, status: int) -> dict[str, Any]:
        """Send JSON, check the status and return the answer."""
        response = self.client.post("/submit/", body, content_type="application/json")
        self.assertEqual(response.status_code, status, response.content)
        answer: dict[str, Any] = response.json()
        return answer

    def errors_of(self, body: object, status: int = 400) -> dict[str, list[str]]:
        """Send something bad and return the errors."""
        errors: dict[str, list[str]] = self.submit(body, status)["errors"]
        self.assertFalse(CrashReport.objects.exists())
        return errors


class GoodReportTests(SubmitTestCase):
    def test_a_good_report_is_stored(self) -> None:
        answer = self.submit(sent_report(), status=201)
        report = CrashReport.objects.get()
        self.assertEqual(answer, {"id": str(report.pk), "url": f"/report/{report.pk}/"})
        self.assertEqual(report.signature, "mozilla::dom::Foo<T>::bar(int) | OOM")
        self.assertEqual(report.time, datetime(2026, 11, 14, 9, 30, tzinfo=UTC))

    def test_the_time_may_be_in_any_time_zone(self) -> None:
        self.submit(sent_report(time="2026-11-14T00:30:00+05:30"), status=201)
        self.assertEqual(CrashReport.objects.get().time, datetime(2026, 11, 13, 19, tzinfo=UTC))

    def test_no_csrf_token_is_needed(self) -> None:
        client = Client(enforce_csrf_checks=True)
        response = client.post("/submit/", sent_report(), content_type="application/json")
        self.assertEqual(response.status_code, 201)

    def test_a_charset_in_the_content_type_is_fine(self) -> None:
        response = self.client.post("/submit/", sent_report(), content_type="application/json; charset=utf-8")
        self.assertEqual(response.status_code, 201)


class BadFieldTests(SubmitTestCase):
    def test_all_missing_fields_are_named_at_once(self) -> None:
        errors = self.errors_of({})
        self.assertEqual(errors.keys(), sent_report().keys())
        self.assertEqual(errors["product"], ["This field is required."])

    def test_unknown_fields_are_named(self) -> None:
        errors = self.errors_of(sent_report(colour="red", minidump="text"))
        self.assertEqual(errors, {"colour": ["Unknown field."], "minidump": ["Unknown field."]})

    def test_an_unknown_platform_is_refused(self) -> None:
        errors = self.errors_of(sent_report(platform="Amiga"))
        self.assertEqual(errors, {"platform": ["Choose one of Windows, Linux, macOS, Android."]})

    def test_a_field_which_is_no_text_is_refused(self) -> None:
        for value in (1, 1.5, True, ["145.0"], {"major": 145}):
            with self.subTest(value=value):
                self.assertEqual(self.errors_of(sent_report(version=value)), {"version": ["Enter text."]})

    def test_text_which_is_too_long_is_refused(self) -> None:
        self.assertEqual(self.errors_of(sent_report(signature="x" * 256)).keys(), {"signature"})

    def test_broken_unicode_is_refused(self) -> None:
        for text in ("\ud800", "a\x00b"):
            with self.subTest(text=text):
                self.assertEqual(self.errors_of(sent_report(signature=text)).keys(), {"signature"})

    def test_a_time_which_is_not_iso_8601_is_refused(self) -> None:
        for value in ("yesterday", "2026-13-01T00:00:00Z", 1794648600, ["2026-11-14T09:30:00Z"]):
            with self.subTest(value=value):
                message = "Enter a time in ISO 8601, such as 2026-11-14T09:30:00Z."
                self.assertEqual(self.errors_of(sent_report(time=value)), {"time": [message]})

    def test_a_time_without_time_zone_is_refused(self) -> None:
        errors = self.errors_of(sent_report(time="2026-11-14T09:30:00"))
        self.assertIn("Add the time zone", errors["time"][0])

    def test_an_implausible_time_is_refused(self) -> None:
        next_week = (timezone.now() + timedelta(days=7)).isoformat()
        for value in (next_week, "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"):
            with self.subTest(value=value):
                self.assertIn("not in the future", self.errors_of(sent_report(time=value))["time"][0])


class BadRequestTests(SubmitTestCase):
    def test_malformed_json_is_an_error_of_the_body(self) -> None:
        for body in (b" ", b"{", b"\xff\xfe\xfd", b"[" * 60_000):
            with self.subTest(body=body[:5]):
                self.assertEqual(self.errors_of(body), {"body": ["This is not valid JSON."]})

    def test_json_which_is_no_object_is_an_error_of_the_body(self) -> None:
        self.assertEqual(self.errors_of(b"[]"), {"body": ["This is not a JSON object."]})

    def test_a_body_which_is_too_large_is_refused(self) -> None:
        errors = self.errors_of(b" " * (MAX_JSON_BYTES + 1), status=413)
        self.assertEqual(errors, {"body": ["The report is too large."]})

    def test_another_content_type_is_refused(self) -> None:
        for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
            with self.subTest(content_type=content_type):
                response = self.client.post("/submit/", "{}", content_type=content_type)
                self.assertEqual(response.status_code, 415)

    def test_only_post_is_allowed(self) -> None:
        response = self.client.get("/submit/")
        self.assertEqual(response.status_code, 405)
        self.assertEqual(response.headers["Allow"], "POST")


class MinidumpTests(TestCase):
    def setUp(self) -> None:
        field = CrashReport._meta.get_field("minidump")
        self.enterContext(mock.patch.object(field, "storage", InMemoryStorage()))

    def test_a_minidump_is_stored_by_date_under_the_id_of_the_report(self) -> None:
        dump = SimpleUploadedFile("../../evil.html", b"MDMP")
        response = self.client.post("/submit/", sent_report(minidump=dump))
        self.assertEqual(response.status_code, 201, response.content)
        report = CrashReport.objects.get()
        self.assertEqual(report.minidump.name, f"minidumps/{timezone.now():%Y/%m/%d}/{report.pk}.dmp")
        self.assertEqual(report.minidump.read(), b"MDMP")

    def test_a_form_needs_no_minidump(self) -> None:
        response = self.client.post("/submit/", sent_report())
        self.assertEqual(response.status_code, 201)
        self.assertFalse(CrashReport.objects.get().minidump)

    def test_a_large_minidump_is_refused(self) -> None:
        dump = SimpleUploadedFile("a.dmp", b"x" * (MAX_MINIDUMP_BYTES + 1))
        response = self.client.post("/submit/", sent_report(minidump=dump))
        self.assertEqual(response.status_code, 400)
        self.assertEqual(response.json(), {"errors": {"minidump": ["The minidump is larger than 1.0\xa0MB."]}})

    def test_a_form_which_is_too_large_is_not_even_read(self) -> None:
        dump = SimpleUploadedFile("a.dmp", b"x" * MAX_MULTIPART_BYTES)
        response = self.client.post("/submit/", sent_report(minidump=dump))
        self.assertEqual(response.status_code, 413)

    def test_unknown_files_are_named(self) -> None:
        response = self.client.post("/submit/", sent_report(log=SimpleUploadedFile("log.txt", b"log")))
        self.assertEqual(response.json(), {"errors": {"log": ["Unknown field."]}})

    def test_a_malformed_form_is_an_error_of_the_body(self) -> None:
        response = self.client.post("/submit/", b"--", content_type="multipart/form-data")
        self.assertEqual(response.status_code, 400)
        self.assertEqual(response.json(), {"errors": {"body": ["This is not a valid form."]}})
