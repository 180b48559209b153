"""Validation of crash reports, whichever way they arrive."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crashstats.models import CrashReport

# Clocks of users' devices may be wrong: some hours ahead are fine, but not years off.
EARLIEST_TIME = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(days=1)


class TextField(forms.CharField):
    """Accepts only real text. JSON may hold numbers, lists and broken Unicode instead."""

    def to_python(self, value: object) -> str | None:
        """Return the text without surrounding spaces."""
        if value is not None and not isinstance(value, str):
            raise ValidationError(_("Enter text."), code="invalid")
        try:
            (value or "").encode()
        except UnicodeEncodeError as error:
            raise ValidationError(_("This is not valid Unicode text."), code="invalid") from error
        return super().to_python(value)


class TimestampField(forms.DateTimeField):
    """Accepts a time in ISO 8601 which names its time zone."""

    default_error_messages: ClassVar = {
        "invalid": _("Enter a time in ISO 8601, such as 2026-11-14T09:30:00Z."),
        "timezone": _("Add the time zone, such as 2026-11-14T09:30:00Z or 2026-11-14T10:30:00+01:00."),
        "implausible": _("The time must lie after the year 1999 and not in the future."),
    }

    def to_python(self, value: object) -> datetime | None:
        """Return the time in UTC."""
        if value in self.empty_values:
            return None
        moment = self._parse(value)
        if moment.tzinfo is None:
            raise ValidationError(self.error_messages["timezone"], code="timezone")
        if not EARLIEST_TIME <= moment <= timezone.now() + CLOCK_TOLERANCE:
            raise ValidationError(self.error_messages["implausible"], code="implausible")
        return moment.astimezone(UTC)

    def _parse(self, value: object) -> datetime:
        """Read the time, with or without time zone."""
        try:
            moment = parse_datetime(value.strip()) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return moment


class CrashReportForm(forms.ModelForm):  # type: ignore[type-arg]
    """Checks a crash report. Fields it does not know are errors too."""

    class Meta:
        model = CrashReport
        fields = ("product", "version", "signature", "platform", "time", "minidump")
        field_classes: ClassVar = {
            "product": TextField,
            "version": TextField,
            "signature": TextField,
            "time": TimestampField,
        }
        error_messages: ClassVar = {
            "platform": {"invalid_choice": _("Choose one of Windows, Linux, macOS, Android.")},
        }

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Return the form for a report in JSON. Raise ValidationError if it is no JSON object."""
        try:
            report = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValidationError({"body": _("This is not valid JSON.")}) from error
        if not isinstance(report, dict):
            raise ValidationError({"body": _("This is not a JSON object.")})
        return cls(report)

    def clean(self) -> dict[str, Any] | None:
        """Name the unknown fields."""
        for name in self._unknown_names():
            self.errors[name] = self.error_class([gettext("Unknown field.")])
        return super().clean()

    def error_messages_by_field(self) -> dict[str, list[str]]:
        """Return all messages for each field with errors."""
        return {name: [str(message) for message in messages] for name, messages in self.errors.items()}

    def _unknown_names(self) -> list[str]:
        """Return names which were sent but mean nothing, or were sent in the wrong part of a form."""
        file_names = {"minidump"}
        text_names = self.fields.keys() - file_names
        return sorted((self.data.keys() - text_names) | (self.files.keys() - file_names))
