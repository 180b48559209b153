"""The start of a child process that is a plain Python: the bundle's code, and its configuration once it is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from django_pyz_runtime import bytecode_finder, children, held
from django_pyz_runtime.arguments import Arguments
from django_pyz_runtime.code_path import use_code
from django_pyz_runtime.launcher import forget_run_wing, is_standard_library
from django_pyz_runtime.manifest import PROGRAM_FOLDER, Site


def start(site_packages: str) -> None:
    """Make the bundle's code importable, and have the project activated when its settings are imported.

    A bundle that is started by its path does all this itself.

    Args:
        site_packages: of the bundle's tree.
    """
    os.environ.pop("PYTHONPATH", None)
    build_id = os.path.basename(os.path.dirname(site_packages))
    site = Site.load("", site_packages, build_id)
    prefix = site.manifest.env_prefix
    executable = os.environ.get(prefix + children.EXECUTABLE, "")
    sys.path[:] = [entry for entry in sys.path if is_standard_library(entry)]
    if executable in sys.orig_argv:
        forget_run_wing()
        return
    site = site.started_from(executable)
    held.hold_own(site_packages)
    code_folder = os.environ.get(prefix + children.CODE, site_packages)
    _find_script(os.path.join(code_folder, site.manifest.folder))
    sys.dont_write_bytecode = True
    sys.executable = str(site.site_packages / PROGRAM_FOLDER / "python")
    sys.path.append(site_packages)
    bytecode_finder.install(os.path.dirname(site_packages), site_packages)
    use_code(site, Path(code_folder))
    sys.meta_path.insert(0, _ActivationWhenNeeded(site))


def _find_script(folder: str) -> None:
    """Start again with a script's full path, where it is one of the project's and the current folder has none."""
    index = script_index(sys.orig_argv)
    if index is None or os.path.exists(sys.orig_argv[index]):
        return
    script = os.path.join(folder, sys.orig_argv[index])
    if os.path.exists(script):
        os.environ["PYTHONPATH"] = os.path.join(os.path.dirname(__file__), "child_path")
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:index], script, *sys.orig_argv[index + 1 :]])


def script_index(argv: Sequence[str]) -> int | None:
    """Where the script stands in a command line of Python; None where there is none (https://docs.python.org/3/using/)."""
    index = 1
    while index < len(argv):
        word = argv[index]
        if not word.startswith("-"):
            return index
        if not word.startswith(("--", "-W", "-X")) and (word == "-" or set(word) & {"c", "m"}):
            return None
        index += 2 if word in ("-W", "-X", "--check-hash-based-pycs") else 1
    return None


class _ActivationWhenNeeded:
    """A finder that activates the project when the settings module is looked for; then it steps aside."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the settings module by the hook that the activation installs; None for every other module."""
        if fullname != os.environ.get("DJANGO_SETTINGS_MODULE"):
            return None
        sys.meta_path.remove(self)
        from django_pyz_runtime.activate import Purpose
        from django_pyz_runtime.prepare import prepare

        is_serving = self._site.manifest.env_prefix + children.SERVING in os.environ
        prepare(self._site, Arguments(None, (), []), Purpose.SERVE if is_serving else Purpose.RUN)
        for finder in sys.meta_path:
            if spec := finder.find_spec(fullname, path, target):
                return spec
        return None
