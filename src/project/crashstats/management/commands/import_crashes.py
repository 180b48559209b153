import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from crashstats.forms import CrashReportForm
from crashstats.models import CrashReport

BATCH_SIZE = 500
PROGRESS_EVERY = 100


class Command(BaseCommand):
    """Imports crash reports. By default one bad line refuses the whole file."""

    help = "Imports crash reports from a file which holds one JSON object on each line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the arguments."""
        parser.add_argument("file", metavar="FILE.jsonl", help="the file to import; - reads standard input")
        parser.add_argument("--skip-bad", action="store_true", help="import the good lines even if others are bad")

    def handle(self, *args: object, file: str, skip_bad: bool, **options: object) -> None:
        """Import the file in one transaction."""
        self.bad_lines = 0
        self.shows_progress = self.stderr.isatty()
        try:
            with open_lines(file) as lines, transaction.atomic():
                imported = store(self.good_reports(lines))
                if self.bad_lines and not skip_bad:
                    raise CommandError(f"Imported nothing: {counted(self.bad_lines, 'bad line')}.")
        except OSError as error:
            raise CommandError(f"Cannot read {file}: {error.strerror}.") from error
        if self.bad_lines:
            self.stdout.write(f"Skipped {counted(self.bad_lines, 'bad line')}.")
        self.stdout.write(self.style.SUCCESS(f"Imported {counted(imported, 'crash report')}."))

    def good_reports(self, lines: Iterable[bytes]) -> Iterator[CrashReport]:
        """Read the reports which are good, and complain about the others. Blank lines are neither."""
        for number, line in enumerate(lines, start=1):
            try:
                if line.strip():
                    yield read_report(line)
            except ValidationError as error:
                self.complain(number, error)
            if number % PROGRESS_EVERY == 0:
                self.show_progress(f"{number} lines read")
        self.show_progress("")

    def complain(self, number: int, error: ValidationError) -> None:
        """Say what is wrong with a line."""
        self.bad_lines += 1
        self.show_progress("")
        reasons = (f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items())
        self.stderr.write(f"Line {number}: {'; '.join(reasons)}")

    def show_progress(self, text: str) -> None:
        """Replace the progress on a terminal. The escape sequence clears the rest of the line."""
        if self.shows_progress:
            self.stderr.write(f"\r{text}\x1b[K", style_func=str, ending="")
            self.stderr.flush()


def open_lines(file: str) -> AbstractContextManager[Iterable[bytes]]:
    """Open the file or standard input."""
    return nullcontext(sys.stdin.buffer) if file == "-" else open(file, "rb")


def read_report(line: bytes) -> CrashReport:
    """Return the report on a line, not saved yet. Raise ValidationError if the line is bad."""
    form = CrashReportForm.from_json(line)
    if not form.is_valid():
        raise ValidationError(form.error_messages_by_field())
    report: CrashReport = form.save(commit=False)
    return report


def store(reports: Iterator[CrashReport]) -> int:
    """Save the reports in batches. Return how many there were."""
    stored = 0
    while batch := list(islice(reports, BATCH_SIZE)):
        CrashReport.objects.bulk_create(batch)
        stored += len(batch)
    return stored


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in the singular or plural."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
