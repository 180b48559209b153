import logging
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Write one thing to each place, or say what is there."""

    def add_arguments(self, parser):
        parser.add_argument("--find", action="store_true")

    def handle(self, *args, **options):
        if not options["find"]:
            default_storage.save("invoice.txt", ContentFile(b"paid"))
            cache.set("visits", 3, None)
            logging.getLogger("shop").info("kept")
            Path(settings.SEARCH_INDEX, "tea.idx").write_text("tea")
            return
        found = {
            "media": default_storage.exists("invoice.txt"),
            "cache": cache.get("visits") == 3,
            "index": Path(settings.SEARCH_INDEX, "tea.idx").is_file(),
            "log": "kept" in Path(settings.LOGGING["handlers"]["file"]["filename"]).read_text(),
        }
        self.stdout.write(" ".join(f"{name}={value}" for name, value in found.items()))
