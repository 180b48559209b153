"""The static files storage of bundles whose project left Django's plain one in place: names with a hash."""

from __future__ import annotations

from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedStaticFilesStorage(ManifestStaticFilesStorage):
    """As Django's, but a name that is in no manifest keeps meaning the plain file, as it did when it was written."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """The hashed name, else the name itself."""
        try:
            return super().stored_name(name)
        except ValueError:
            return name

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        """The hashed name of a file that was collected; a reference to a missing one keeps its name."""
        try:
            return super().hashed_name(name, content, filename)
        except ValueError:
            return name
