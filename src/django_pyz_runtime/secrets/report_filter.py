"""What Django's reports of an error hide: debug pages, and the mails to ADMINS."""

from __future__ import annotations

from typing import Any

from django.views.debug import SafeExceptionReporterFilter

from django_pyz_runtime.secrets.recognise import shown


class ReportFilter(SafeExceptionReporterFilter):
    """Django's own, which goes by names, and the passwords inside URLs and other texts."""

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        """The value of a setting or of the request as it may be shown."""
        cleansed = super().cleanse_setting(key, value)
        return shown(str(key), cleansed) if isinstance(cleansed, str) else cleansed
