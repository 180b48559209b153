"""A small program that runs in the Python a bundle is built for, with the staged tree in front on its sys.path.

Protocol: `python -ISB in_process.py SITE_PACKAGES TASK [ARGUMENT ...]`, where TASK is

    manage     run a command line of the bundle
    facts      print what the settings say as a JSON object, last on standard output; the arguments are options
               that stand before a command: {"staticfiles": bool, "storage": str, "compressor": bool}, whether
               staticfiles are installed, the dotted path of their storage, and whether django-compressor is
               installed and enabled
    gzip       write a compressed file beside each file of a folder that becomes smaller by it

An error ends it with a code other than 0 and its reason on standard error.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main(argv: list[str]) -> int:
    """Run a task."""
    site_packages, task, *arguments = argv
    sys.path.append(site_packages)
    return {"manage": manage, "facts": facts, "gzip": gzip}[task](site_packages, arguments)


def manage(site_packages: str, arguments: list[str]) -> int:
    """Run a command line of the bundle."""
    from django_pyz_runtime.main import main as run

    sys.argv[1:] = arguments
    return run(sys.argv[0], site_packages, "staged")


def facts(site_packages: str, arguments: list[str]) -> int:
    """Activate the project and print what its settings say."""
    from django_pyz_runtime.arguments import split
    from django_pyz_runtime.complaints import Complaint
    from django_pyz_runtime.manifest import Site
    from django_pyz_runtime.prepare import prepare

    try:
        prepare(Site.load(site_packages, site_packages, "staged"), split(arguments))
        print(json.dumps(_settings_facts()))
    except Complaint as complaint:
        print(complaint, file=sys.stderr)
        return 2
    return 0


def _settings_facts() -> dict[str, Any]:
    from django.conf import settings

    apps = list(settings.INSTALLED_APPS)
    storages: dict[str, Any] = getattr(settings, "STORAGES", {})
    explicit = getattr(settings, "STATICFILES_STORAGE", "") if "staticfiles" not in storages else ""
    return {
        "staticfiles": any(app.startswith("django.contrib.staticfiles") for app in apps),
        "storage": explicit or storages.get("staticfiles", {}).get("BACKEND", ""),
        "compressor": "compressor" in apps and bool(getattr(settings, "COMPRESS_ENABLED", not settings.DEBUG)),
    }


def gzip(site_packages: str, arguments: list[str]) -> int:
    """Compress the files of a folder, with the bundle's WhiteNoise."""
    from whitenoise.compress import main as compress

    code: int = compress(["--quiet", *arguments]) or 0
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
