"""The project's own entry point: its manage.py or its replacement, with its preparations for the settings.

Imported after activation only.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from django_pyz_runtime.bundle.manifest import Manifest


class _HandedOver(BaseException):
    """manage.py is where Django would take over."""


def run(manifest: Manifest, code_folder: Path, command: list[str]) -> None:
    """Run a command line, which sys.argv holds as well, as the project's manage.py does."""
    if manifest.manage_py:
        path = code_folder / manifest.manage_py
        # sys.argv is left alone: autoreload starts again from there.
        exec(compile(path.read_bytes(), str(path), "exec"), {"__name__": "__main__", "__file__": str(path)})
    elif manifest.manage_call:
        module, _, function = manifest.manage_call.partition(":")
        sys.exit(getattr(importlib.import_module(module), function)())
    else:
        from django.core.management import execute_from_command_line

        execute_from_command_line([sys.argv[0], *command])


def approach(manifest: Manifest, code_folder: Path) -> None:
    """Run what a customised manage.py does before Django takes over: variables, `settings.configure`."""
    if not (manifest.manage_py or manifest.manage_call):
        return
    from django.core.management import ManagementUtility

    utility: Any = ManagementUtility
    execute, arguments = utility.execute, sys.argv[1:]

    def hand_over(self: Any) -> None:
        raise _HandedOver

    utility.execute, sys.argv[1:] = hand_over, ["check"]
    try:
        run(manifest, code_folder, ["check"])
    except (_HandedOver, SystemExit):
        pass
    finally:
        utility.execute, sys.argv[1:] = execute, arguments
