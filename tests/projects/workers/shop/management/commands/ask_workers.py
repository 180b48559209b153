from django.core.management.base import BaseCommand

from shop import tasks


class Command(BaseCommand):
    """Print what each worker answers."""

    def add_arguments(self, parser):
        parser.add_argument("worker", choices=["celery", "huey"])

    def handle(self, *args, **options):
        if options["worker"] == "celery":
            self.stdout.write(tasks.colour.delay().get(timeout=120))
        else:
            self.stdout.write(tasks.shade().get(blocking=True, timeout=120))
