import multiprocessing
import subprocess
import sys

from django.conf import settings
from django.core.management.base import BaseCommand

from shop import tool


class Command(BaseCommand):
    """Print what each kind of child process says of the setting COLOUR."""

    def handle(self, *args, **options):
        commands = [
            [sys.executable, "manage.py", "colour"],
            [sys.executable, "-m", "shop.tool", "sys.executable -m"],
            ["python", "-m", "shop.tool", "python -m"],
            ["shop-tool", "console script"],
            [sys.executable, "-m", "django", "colour"],
            ["django-admin", "colour"],
        ]
        for command in commands:
            done = subprocess.run(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True, check=True)
            self.stdout.write(done.stdout.strip())
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            self.stdout.write("spawn " + pool.apply(tool.report))
