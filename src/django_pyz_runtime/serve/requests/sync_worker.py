"""gunicorn's worker without threads, of which one is its own."""

from __future__ import annotations

from typing import Any

from gunicorn.workers import sync

from django_pyz_runtime.serve.edge import request_ids


class SyncWorker(sync.SyncWorker):
    """The worker."""

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Answer a request, then forget its ID."""
        try:
            super().handle(*arguments, **options)
        finally:
            request_ids.current.set("")
