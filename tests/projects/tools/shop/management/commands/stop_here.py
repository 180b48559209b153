from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def handle(self, *args, **options):
        secret = 6 * 7
        breakpoint()
        self.stdout.write(f"after {secret}")
