"""Two releases of a site with migrations; the first of them waits for whoever holds a named pipe up."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.harness import Machine
from tests.e2e.reload.releases import build

FILES = {
    "requirements.txt": "Django==5.2.19\npsycopg[binary]\nPyMySQL\nredis==6.4.0\nasync-timeout==5.0.1\n",
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
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.staticfiles", "shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
""",
    "shop/models.py": """\
from django.db import models


class Tea(models.Model):
    name = models.CharField(max_length=100)
""",
    "shop/urls.py": """\
import os

from django.http import HttpResponse
from django.urls import path

from shop.models import Tea


def home(request):
    if gate := request.GET.get("gate"):
        open(gate).read()
    return HttpResponse(f"@RELEASE@ {Tea.objects.count()} {os.getpid()}")


urlpatterns = [path("", home)]
""",
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": """\
import os

from django.db import migrations, models


def wait(apps, schema_editor):
    if gate := os.environ.get("GATE"):
        open(gate).read()


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.RunPython(wait, migrations.RunPython.noop),
        migrations.CreateModel(
            "Tea",
            [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=100))],
        ),
    ]
""",
}
NEWER = {
    "shop/models.py": FILES["shop/models.py"] + "    origin = models.CharField(max_length=100, null=True)\n",
    "shop/migrations/0002_tea_origin.py": """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AddField("tea", "origin", models.CharField(max_length=100, null=True))]
""",
}
TROUBLED = {
    **FILES,
    **NEWER,
    "shop/trouble.py": """\
import os
import sys

NAME = os.environ.get("TROUBLE")
STARTS = "runserve" in sys.argv and "--check" not in sys.argv


def find(name):
    if NAME == name:
        raise RuntimeError(f"trouble with {name}")
""",
    "shop/settings.py": FILES["shop/settings.py"]
    + """
from shop import trouble

if trouble.STARTS and trouble.NAME == "master":
    DATABASES["default"]["NAME"] = "/nowhere/db.sqlite3"
""",
    "shop/models.py": 'from shop import trouble\n\ntrouble.find("code")\n' + NEWER["shop/models.py"],
    "shop/urls.py": 'from shop import trouble\n\ntrouble.find("pages")\n' + FILES["shop/urls.py"],
    "shop/migrations/0003_more.py": """\
import os

from django.db import migrations, models

from shop import trouble


def check(apps, schema_editor):
    trouble.find("migration")


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_tea_origin")]
    pyz_online_safe = True
    operations = [
        migrations.AddField("tea", "price", models.IntegerField(null=True)),
        migrations.RunPython(check, migrations.RunPython.noop),
    ]
""",
    "shop/migrations/0002_tea_origin.py": NEWER["shop/migrations/0002_tea_origin.py"]
    .replace("from django", "import os\n\nfrom django", 1)
    .replace(
        "null=True))]",
        'null=True))]\n    if "ONE_WAY" in os.environ:\n'
        "        operations.append(migrations.RunPython(migrations.RunPython.noop))",
    ),
}
"""A newer release which fails where `[env] TROUBLE` says, and whose first migration cannot be undone with ONE_WAY."""


PRICED = {
    "shop/models.py": NEWER["shop/models.py"] + "    price = models.IntegerField(default=0)\n",
    "shop/migrations/0003_tea_price.py": """\
import os

from django.db import migrations, models


def wait(apps, schema_editor):
    if gate := os.environ.get("GATE"):
        open(gate).read()
    if os.environ.get("FAILS"):
        raise RuntimeError("no prices are known")


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_tea_origin")]
    operations = [
        migrations.AddField("tea", "price", models.IntegerField(default=0)),
        migrations.RunPython(wait, migrations.RunPython.noop),
    ]
""",
}
"""What comes after NEWER, and the release before could not live with; as the first one, it may be held up."""


def build_both(checkout: Path, folder: Path) -> tuple[Path, Path]:
    """Build the older and the newer release."""
    return build(checkout, folder, "older", **FILES), build(checkout, folder, "newer", **{**FILES, **NEWER})


def machine_with(folder: Path, release: Path, cache: Path, settings: str = "", more: str = "") -> Machine:
    """A machine with a release as its program.

    Args:
        folder: for the machine; made.
        release: the bundle.
        cache: folder for unpacked trees.
        settings: lines of [settings].
        more: lines of [serve].
    """
    program = folder / "bin" / "shop"
    program.parent.mkdir(parents=True)
    shutil.copy(release, program)
    machine = Machine(folder, program, "shop")
    machine.environment["CACHE_DIRECTORY"] = str(cache)
    machine.configure(f"[serve]\nworkers = 2\n{more}\n[settings]\n{settings}\n")
    return machine
