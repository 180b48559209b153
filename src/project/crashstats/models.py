import uuid

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.fields.files import FieldFile
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_MINIDUMP_BYTES = 1024 * 1024


def minidump_path(report: "CrashReport", filename: str) -> str:
    """Name the file after the report, by date. The name the client sent is not trusted."""
    return f"minidumps/{timezone.now():%Y/%m/%d}/{report.pk}.dmp"


def validate_minidump_size(minidump: FieldFile) -> None:
    """Refuse a minidump which is too large."""
    if minidump.size > MAX_MINIDUMP_BYTES:
        message = _("The minidump is larger than %(limit)s.")
        raise ValidationError(message, "too_large", {"limit": filesizeformat(MAX_MINIDUMP_BYTES)})


class CrashReport(models.Model):
    """One crash of one product on one user's device."""

    class Platform(models.TextChoices):
        """Operating systems a product runs on."""

        WINDOWS = "Windows", "Windows"
        LINUX = "Linux", "Linux"
        MACOS = "macOS", "macOS"
        ANDROID = "Android", "Android"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.CharField(_("product"), max_length=100)
    version = models.CharField(_("version"), max_length=50)
    signature = models.CharField(_("signature"), max_length=255)
    platform = models.CharField(_("platform"), max_length=20, choices=Platform)
    time = models.DateTimeField(_("time of the crash"), db_index=True)
    received = models.DateTimeField(_("received"), auto_now_add=True)
    minidump = models.FileField(_("minidump"), upload_to=minidump_path, blank=True, validators=[validate_minidump_size])

    class Meta:
        verbose_name = _("crash report")
        verbose_name_plural = _("crash reports")
        ordering = ("-time", "pk")
        indexes = (
            models.Index(fields=["product", "version", "time"], name="crash_by_version"),
            models.Index(fields=["product", "signature", "time"], name="crash_by_signature"),
        )

    def __str__(self) -> str:
        return f"{self.product} {self.version}: {self.signature}"

    def get_absolute_url(self) -> str:
        """Return the address of the page which shows this report."""
        return reverse("crashstats:report", args=[self.pk])
