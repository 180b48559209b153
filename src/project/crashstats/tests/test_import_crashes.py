import json
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.core.management import CommandError, call_command
from django.test import TestCase

import crashstats
from crashstats.models import CrashReport
from crashstats.tests.factories import sent_report

SAMPLE = Path(crashstats.__file__).parent / "fixtures" / "sample_crashes.jsonl"


class Terminal(StringIO):
    """Claims to be a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


class ImportCrashesTests(TestCase):
    def setUp(self) -> None:
        self.directory = Path(self.enterContext(TemporaryDirectory()))
        self.stdout = StringIO()
        self.stderr = StringIO()

    def run_import(self, file: Path | str, *options: str) -> None:
        """Run the command."""
        call_command("import_crashes", str(file), *options, stdout=self.stdout, stderr=self.stderr)

    def file_with(self, *lines: str) -> Path:
        """Return a file with these lines."""
        file = self.directory / "crashes.jsonl"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return file

    def file_with_two_bad_lines(self) -> Path:
        """Return a file whose lines 2 and 4 are bad. Line 3 is blank."""
        return self.file_with(good_line(), good_line(version=""), "", "{", good_line())

    def test_the_sample_file_is_imported(self) -> None:
        self.run_import(SAMPLE)
        self.assertEqual(CrashReport.objects.count(), 400)
        self.assertEqual(self.stdout.getvalue(), "Imported 400 crash reports.\n")
        self.assertEqual(self.stderr.getvalue(), "")

    def test_standard_input_is_read(self) -> None:
        stdin = TextIOWrapper(BytesIO(good_line(signature="größer").encode()))
        with mock.patch("sys.stdin", stdin):
            self.run_import("-")
        self.assertEqual(CrashReport.objects.get().signature, "größer")
        self.assertEqual(self.stdout.getvalue(), "Imported 1 crash report.\n")

    def test_a_bad_line_refuses_the_whole_file(self) -> None:
        with self.assertRaisesMessage(CommandError, "Imported nothing: 2 bad lines."):
            self.run_import(self.file_with_two_bad_lines())
        self.assertFalse(CrashReport.objects.exists())

    def test_bad_lines_are_reported_with_number_and_reasons(self) -> None:
        self.run_import(self.file_with_two_bad_lines(), "--skip-bad")
        self.assertEqual(
            self.stderr.getvalue(),
            "Line 2: version: This field is required.\nLine 4: body: This is not valid JSON.\n",
        )

    def test_bad_lines_can_be_skipped(self) -> None:
        self.run_import(self.file_with_two_bad_lines(), "--skip-bad")
        self.assertEqual(CrashReport.objects.count(), 2)
        self.assertEqual(self.stdout.getvalue(), "Skipped 2 bad lines.\nImported 2 crash reports.\n")

    def test_reports_are_stored_in_batches(self) -> None:
        file = self.file_with(*[good_line()] * 5)
        with mock.patch("crashstats.management.commands.import_crashes.BATCH_SIZE", 2):
            self.run_import(file)
        self.assertEqual(CrashReport.objects.count(), 5)

    def test_progress_is_shown_on_a_terminal(self) -> None:
        self.stderr = Terminal()
        self.run_import(SAMPLE)
        self.assertIn("\r100 lines read", self.stderr.getvalue())

    def test_a_missing_file_is_an_error(self) -> None:
        with self.assertRaisesMessage(CommandError, "No such file or directory"):
            self.run_import(self.directory / "missing.jsonl")


def good_line(**changes: object) -> str:
    """Return a line with a good report, with some fields changed."""
    return json.dumps(sent_report(**changes))
