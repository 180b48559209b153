"""A small site whose data is of all kinds, and which any of the databases can hold."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.e2e.harness import Machine
from tests.e2e.reload.releases import build

_FILES = {
    "requirements.txt": "Django==5.2.19\npsycopg[binary]\nPyMySQL\n",
    "shop/__init__.py": """\
import pymysql

pymysql.version_info = (2, 2, 8, "final", 0)
pymysql.install_as_MySQLdb()
""",
    "shop/settings.py": """\
from pathlib import Path

BASE_DIR = Path(__file__).parent.parent
SECRET_KEY = "django-insecure-for-development-only"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.staticfiles", "shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
MEDIA_ROOT = BASE_DIR / "media"
PRIVATE_FILES_DIR = BASE_DIR / "private"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
""",
    "shop/urls.py": "urlpatterns = []\n",
    "shop/models.py": """\
from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=100, db_comment="what it is called")
    picture = models.BinaryField()
    facts = models.JSONField()
    price = models.DecimalField(max_digits=12, decimal_places=2)
    at = models.DateTimeField()
    parent = models.ForeignKey("self", models.CASCADE, null=True)
""",
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": """\
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            "Item",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=100, db_comment="what it is called")),
                ("picture", models.BinaryField()),
                ("facts", models.JSONField()),
                ("price", models.DecimalField(max_digits=12, decimal_places=2)),
                ("at", models.DateTimeField()),
                ("parent", models.ForeignKey("self", models.CASCADE, null=True)),
            ],
        ),
    ]
""",
}
_FILL = """
from datetime import datetime, timezone
from django.core.management import call_command
from shop.models import Item

call_command("migrate", verbosity=0)
first = Item.objects.create(name="Käse 🧀 'n' \\\\ \\"x\\"\\n", picture=bytes(range(256)) * 200, facts={"ü": [1, None]},
    price="12345.67", at=datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone.utc))
Item.objects.create(name="second", picture=b"", facts=[], price=0, at=first.at, parent=first)
"""
_SHOW = """
import hashlib, json
from shop.models import Item

rows = Item.objects.order_by("id").values_list("id", "name", "picture", "facts", "price", "at", "parent")
print(json.dumps([[hashlib.sha256(bytes(v)).hexdigest() if i == 2 else v if i == 3 else str(v)
    for i, v in enumerate(row)] for row in rows]))
"""
CHANGE = """
from django.db import connection
from shop.models import Item

Item.objects.filter(name="second").delete()
Item.objects.update(name="changed")
with connection.cursor() as cursor:
    name = connection.ops.quote_name("shop_later")
    cursor.execute(f"CREATE TABLE {name} (id integer, item bigint REFERENCES shop_item (id))")
    cursor.execute(f"INSERT INTO {name} VALUES (1, 1)")
"""
"""Changes rows, and adds a table that refers to them, as a migration of a later release would."""

AFTERWARDS = """
from django.db import connection
from shop.models import Item

assert "shop_later" not in connection.introspection.table_names()
item = Item.objects.first()
item.pk = None
item.save()
assert item.pk == 3
"""
"""Checks that all of those are gone."""


def build_shop(checkout: Path, folder: Path) -> Path:
    """Build it."""
    return build(checkout, folder, "shop", **_FILES)


def python(machine: Machine, code: str) -> str:
    """Run code in the site, and give what it printed."""
    return machine.succeed("shell", "--no-imports", "-c", code)


def fill(machine: Machine) -> None:
    """Make the tables, and data of all kinds."""
    python(machine, _FILL)
    write(machine.data / "media" / "ünï code" / "a.bin", b"\0\xff" * 5000)
    write(machine.data / "media" / "empty.txt", b"")
    (machine.data / "media" / "link").symlink_to("ünï code/a.bin")
    write(machine.data / "private" / "contract.pdf", b"%PDF")


def write(path: Path, content: bytes) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def rows(machine: Machine) -> Any:
    """What the database holds."""
    return json.loads(python(machine, _SHOW))


def files(machine: Machine) -> dict[str, bytes | str]:
    """What the data folder holds, but for databases and backups."""
    found: dict[str, bytes | str] = {}
    for path in sorted(machine.data.rglob("*")):
        name = str(path.relative_to(machine.data))
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file() and "sqlite3" not in name and not name.startswith("backups/"):
            found[name] = path.read_bytes()
    return found


def empty(machine: Machine) -> None:
    """Remove all files of the site, but for its backups."""
    for path in machine.data.iterdir():
        if path.is_dir() and path.name != "backups":
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()
