"""What the settings of a project run in while they are imported."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    """Be in the project's folder, where its team runs manage.py: some settings read files relative to it.

    The current folder of the command stays what it is, as its arguments may be relative to it.
    """
    try:
        before = os.getcwd()
    except OSError:
        before = ""
    if not os.access(before, os.X_OK):
        # There would be no way back.
        yield
        return
    folder = folder.resolve()
    os.chdir(folder)
    try:
        yield
    finally:
        # The settings may have chosen another one.
        if os.getcwd() == str(folder):
            os.chdir(before)


@contextmanager
def same_key(key: Callable[[], str]) -> Iterator[None]:
    """Let Django's `get_random_secret_key` return the key that is kept.

    Settings that fall back on it would have another key in each worker of a server, and after each restart.

    Args:
        key: gives the key that is kept.
    """
    from django.core.management import utils

    original = utils.get_random_secret_key
    utils.get_random_secret_key = key
    try:
        yield
    finally:
        utils.get_random_secret_key = original
