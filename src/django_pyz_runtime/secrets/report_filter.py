"""Hides secrets in Django's error reports: debug pages, and the mails to ADMINS."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.views.debug import SafeExceptionReporterFilter

from django_pyz_runtime.secrets.recognise import shown


class ReportFilter(SafeExceptionReporterFilter):
    """Django's own, which goes by names, and the passwords inside URLs and other texts. It never fails."""

    def get_safe_settings(self) -> dict[str, Any]:
        """All settings as they may be shown."""
        return {name: self._safe_setting(name) for name in dir(settings) if name.isupper()}

    def _safe_setting(self, name: str) -> Any:
        try:
            return self.cleanse_setting(name, getattr(settings, name))
        except Exception as error:
            return _unreadable(error)

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        """The value of a setting or of the request as it may be shown.

        A lazy object may raise here; that must not hide the error that is reported.
        """
        try:
            cleansed = super().cleanse_setting(key, value)
            if isinstance(cleansed, str):
                return shown(str(key), str(cleansed))
            # The report does this later, and would fail as a whole.
            repr(cleansed)
            return cleansed
        except Exception as error:
            return _unreadable(error)


def _unreadable(error: Exception) -> str:
    return f"({type(error).__name__} when it is read)"
