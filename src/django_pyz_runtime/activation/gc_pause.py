"""Python's garbage collector while a project starts.

An import makes many objects and next to no garbage; collections then only take time, about a third of a start. They are
postponed until the apps are loaded. The objects that exist by then are frozen (gc.freeze) and never scanned again; this
also keeps the garbage collector from writing to memory that forked processes share.
"""

from __future__ import annotations

import gc
from typing import Any

_THRESHOLDS = gc.get_threshold()
_PUT_OFF = 200_000
"""New objects until a collection: so many that a start has none, so few that a program which never loads its apps has
some."""


def put_off() -> None:
    """Postpone collections."""
    if gc.get_threshold() == _THRESHOLDS:
        gc.set_threshold(_PUT_OFF, *_THRESHOLDS[1:])


def resume() -> None:
    """Freeze the existing objects and collect as usual from here on, if collections were postponed."""
    if gc.get_threshold()[0] == _PUT_OFF:
        gc.freeze()
        gc.set_threshold(*_THRESHOLDS)


def resume_after_setup() -> None:
    """Resume once django.setup() has loaded the apps."""
    from django.apps import apps

    if gc.get_threshold()[0] != _PUT_OFF or "populate" in vars(apps):
        return
    populate = apps.populate

    def populate_and_resume(installed_apps: Any = None) -> None:
        vars(apps).pop("populate", None)
        populate(installed_apps)
        resume()

    vars(apps)["populate"] = populate_and_resume
