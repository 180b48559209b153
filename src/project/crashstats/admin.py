from django.contrib import admin

from crashstats.models import CrashReport


@admin.register(CrashReport)
class CrashReportAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Find, correct and delete crash reports."""

    list_display = ("signature", "product", "version", "platform", "time", "received")
    list_filter = ("product", "platform", "time", "version")
    date_hierarchy = "time"
    search_fields = ("signature", "product", "version")
    readonly_fields = ("id", "received")
