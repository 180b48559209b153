import uuid

from django.db import migrations, models

import crashstats.models


class Migration(migrations.Migration):
    initial = True

    dependencies = ()

    operations = (
        migrations.CreateModel(
            name="CrashReport",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("product", models.CharField(max_length=100, verbose_name="product")),
                ("version", models.CharField(max_length=50, verbose_name="version")),
                ("signature", models.CharField(max_length=255, verbose_name="signature")),
                (
                    "platform",
                    models.CharField(
                        choices=[
                            ("Windows", "Windows"),
                            ("Linux", "Linux"),
                            ("macOS", "macOS"),
                            ("Android", "Android"),
                        ],
                        max_length=20,
                        verbose_name="platform",
                    ),
                ),
                ("time", models.DateTimeField(db_index=True, verbose_name="time of the crash")),
                ("received", models.DateTimeField(auto_now_add=True, verbose_name="received")),
                (
                    "minidump",
                    models.FileField(
                        blank=True,
                        upload_to=crashstats.models.minidump_path,
                        validators=[crashstats.models.validate_minidump_size],
                        verbose_name="minidump",
                    ),
                ),
            ],
            options={
                "verbose_name": "crash report",
                "verbose_name_plural": "crash reports",
                "ordering": ("-time", "pk"),
                "indexes": [
                    models.Index(fields=["product", "version", "time"], name="crash_by_version"),
                    models.Index(fields=["product", "signature", "time"], name="crash_by_signature"),
                ],
            },
        ),
    )
