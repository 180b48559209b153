"""The settings as they are, broken or not."""

from __future__ import annotations

import importlib
import os
import sys
from io import TextIOWrapper

from django_pyz_runtime.activate import Activation, Purpose, activate
from django_pyz_runtime.arguments import Arguments
from django_pyz_runtime.chosen import SETTINGS_MODULE
from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.configuration import Configuration
from django_pyz_runtime.manifest import Site
from django_pyz_runtime.redaction import redacted


def import_settings(site: Site, arguments: Arguments, configuration: Configuration) -> tuple[Activation | None, str]:
    """Import the settings and say what keeps them from it."""
    try:
        activation = activate(site, configuration, arguments, purpose=Purpose.SHOW)
    except Complaint as complaint:
        return None, str(complaint)
    return activation, _settings_error(os.environ[SETTINGS_MODULE])


def print_anything() -> None:
    """Let standard output take what it cannot encode, such as bytes of the environment that are no text, as escapes."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _settings_error(module: str) -> str:
    """What keeps a settings module from being imported, or ""."""
    try:
        importlib.import_module(module)
    except (Exception, SystemExit) as error:
        return redacted(
            f"{module}: {type(error).__name__}: {error}" if not isinstance(error, Complaint) else str(error)
        )
    return ""
