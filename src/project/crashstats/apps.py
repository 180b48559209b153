from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CrashstatsConfig(AppConfig):
    """Collects crash reports and shows which crashes matter most."""

    name = "crashstats"
    verbose_name = _("Crash statistics")
