"""Imports the settings of a site, for verbs that read its data."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django_pyz_runtime.activation import manage_py
from django_pyz_runtime.activation.activate import Activation, Purpose
from django_pyz_runtime.activation.prepare import prepare
from django_pyz_runtime.activation.settings_errors import missing_settings, refused
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.data import ownership


def read_settings(bundle: Bundle, arguments: Arguments, purpose: Purpose = Purpose.RUN) -> Activation:
    """Activate the project and import its settings; Django is not set up.

    Args:
        bundle: this one.
        arguments: of the command line.
        purpose: of the activation.

    Raises:
        UserError: the configuration or the settings do not allow it.
    """
    _, activation = prepare(bundle, arguments, purpose)
    manage_py.approach(bundle.manifest, activation.code_folder)
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    # The warning is for the project's code, and none of it runs here.
    warnings.filterwarnings("ignore", "Accessing the database during app initialization", RuntimeWarning)
    try:
        dir(settings)
    except ModuleNotFoundError as error:
        raise missing_settings(error) or error from None
    except ImproperlyConfigured as error:
        raise refused(error) from error
    # What a verb makes beside that it gives away itself, or keeps from the owner of the folder until it is whole.
    ownership.stop()
    return activation


@contextmanager
def undone_when_stopped() -> Iterator[None]:
    """Let a stop signal end the block as an error does, so that its changes are undone."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
