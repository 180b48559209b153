"""The settings as they are, broken or not."""

from __future__ import annotations

import importlib
import os
import sys
from io import TextIOWrapper
from typing import Any

from django_pyz_runtime.activation.activate import Activation, Purpose, activate
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.config.resolved import SETTINGS_MODULE
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.secrets.redaction import redacted


def import_settings(
    bundle: Bundle, arguments: Arguments, configuration: Configuration
) -> tuple[Activation | None, str]:
    """Import the settings and say what keeps them from it."""
    try:
        activation = activate(bundle, configuration, arguments, purpose=Purpose.SHOW)
    except UserError as error:
        return None, str(error)
    return activation, _settings_error(os.environ[SETTINGS_MODULE])


def print_anything() -> None:
    """Let standard output take what it cannot encode, such as bytes of the environment that are no text, as escapes."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _settings_error(module: str) -> str:
    """What keeps a settings module from being imported, or ""."""
    try:
        importlib.import_module(module)
        take_settings()
    except (Exception, SystemExit) as error:
        return redacted(
            f"{module}: {type(error).__name__}: {error}" if not isinstance(error, UserError) else str(error)
        )
    return ""


def take_settings() -> Any:
    """`django.conf.settings` with the settings in it, which Django looks over as it takes them."""
    from django.conf import settings

    dir(settings)
    return settings
