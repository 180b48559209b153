"""The start of a child process that is a plain Python: the bundle's code, and its configuration once it is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from django_pyz_runtime.activation import child_environment
from django_pyz_runtime.activation.code_path import use_code
from django_pyz_runtime.boot import tree_locks
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.boot.launcher import forget_run_wing, is_standard_library
from django_pyz_runtime.bundle import bytecode_finder
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import PROGRAM_FOLDER
from django_pyz_runtime.errors import WARNING, write


def start(site_packages: str) -> None:
    """Make the bundle's code importable, and activate the project when its settings are imported.

    A bundle that Python is given as the script does all this itself; it may be an argument of another script.

    Args:
        site_packages: of the bundle's tree.
    """
    os.environ.pop("PYTHONPATH", None)
    bundle = Bundle.of_tree(site_packages)
    prefix = bundle.manifest.env_prefix
    _say_what_is_ignored(bundle.manifest.script, os.environ.pop(prefix + child_environment.PYTHONPATH, ""))
    executable = os.environ.get(prefix + child_environment.EXECUTABLE, "")
    sys.path[:] = [entry for entry in sys.path if is_standard_library(entry)]
    if _is_script(executable):
        forget_run_wing()
        return
    if not executable and not _has_parent_of(os.path.dirname(site_packages)):
        _say_what_to_start(bundle.manifest.script)
    bundle = bundle.started_from(executable)
    tree_locks.hold_own_tree(site_packages)
    code_folder = os.environ.get(prefix + child_environment.CODE, str(bundle.root))
    _find_script(os.path.join(code_folder, bundle.manifest.folder))
    sys.dont_write_bytecode = True
    sys.executable = str(bundle.site_packages / PROGRAM_FOLDER / "python")
    sys.path.append(site_packages)
    bytecode_finder.install_for_tree(site_packages)
    use_code(bundle, Path(code_folder))
    sys.meta_path.insert(0, _ActivationWhenNeeded(bundle))


def _say_what_is_ignored(script: str, path: str) -> None:
    """Warn that an agent which a wrapper has put on PYTHONPATH is not run; the bundle's first lines warn, too."""
    own = os.path.join(os.path.dirname(__file__), "path")
    for folder in filter(None, path.split(os.pathsep)):
        agent = os.path.join(folder, "sitecustomize.py")
        if os.path.isfile(agent) and not os.path.samefile(folder, own):
            told = (
                f"{script}: {agent} is not run, as PYTHONPATH does not count: "
                "name the module of the agent in settings.ini, [project] run_first\n"
            )
            write(told, WARNING)


def _is_script(executable: str) -> bool:
    """Whether this Python is about to run the bundle."""
    index = script_index(sys.orig_argv)
    try:
        return index is not None and bool(executable) and os.path.samefile(sys.orig_argv[index], executable)
    except OSError:
        return False


def _has_parent_of(tree: str) -> bool:
    """Whether a process that runs from a tree has started this one, without the variables: it holds the tree."""
    folder = f"/proc/{os.getppid()}/fd"
    try:
        return any(os.path.realpath(f"{folder}/{name}") == tree for name in os.listdir(folder))
    except OSError:
        return False


def _say_what_to_start(script: str) -> None:
    """Warn that this Python is removed with its build, in case its path was stored, as in a crontab."""
    python = os.path.join(PROGRAM_FOLDER, "python")
    told = (
        f"{script}: {python} was started by its path inside the tree of one build, which later builds remove: "
        f"in a crontab, a unit or a script write `{script} pyz exec python` instead\n"
    )
    write(told, WARNING)


def _find_script(folder: str) -> None:
    """Start again with a script's full path, where it is one of the project's and the current folder has none."""
    index = script_index(sys.orig_argv)
    if index is None or os.path.exists(sys.orig_argv[index]):
        return
    script = os.path.join(folder, sys.orig_argv[index])
    if os.path.exists(script):
        os.environ["PYTHONPATH"] = os.path.join(os.path.dirname(__file__), "path")
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

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the settings module by the hook that the activation installs; None for every other module."""
        if fullname != os.environ.get("DJANGO_SETTINGS_MODULE"):
            return None
        sys.meta_path.remove(self)
        from django_pyz_runtime.activation.activate import Purpose
        from django_pyz_runtime.activation.prepare import prepare

        is_serving = self._bundle.manifest.env_prefix + child_environment.SERVING in os.environ
        prepare(self._bundle, Arguments(None, (), []), Purpose.SERVE if is_serving else Purpose.RUN)
        return find_spec(fullname)
