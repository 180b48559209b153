"""Builds from a checkout on a bare Python, in an environment created once. Standard library only."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from django_pyz import __version__

_READY = "ready"
_OLDEST_PYTHON = (3, 11)


def build_here(checkout: Path) -> int:
    """Run a build with the packages of this Python, or restart it in an environment that has them.

    Args:
        checkout: the folder with our pyproject.toml.

    Returns:
        The exit code.
    """
    program = "build_pyz.py"
    if is_too_old(program):
        return 2
    if sys.argv[1:] == ["--version"]:
        print(f"{program} of django-pyz {__version__}")
        return 0
    # Python 3.10 has no tomllib; it was rejected above.
    import tomllib

    needs = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    if _has_packages():
        return _build(checkout)
    python = make_environment(checkout, needs, program=program)
    if python is None:
        return 2
    os.execv(python, [str(python), str(checkout / "build_pyz.py"), *sys.argv[1:]])


def is_too_old(program: str) -> bool:
    """Whether this Python is too old; if so, print a message.

    Args:
        program: the name to print before the message.
    """
    if sys.version_info >= _OLDEST_PYTHON:
        return False
    print(f"{program}: wanted Python 3.11 or newer, found {sys.version.split()[0]}", file=sys.stderr)
    return True


def _has_packages() -> bool:
    """Whether this Python has the packages; these modules show that packaging is new enough."""
    names = ("pip", "rich", "shiv", "packaging.dependency_groups", "packaging.pylock")
    try:
        return all(importlib.util.find_spec(name) for name in names)
    except ModuleNotFoundError:
        return False


def _build(checkout: Path) -> int:
    from django_pyz import cli

    return cli.build_sample_or(checkout / "src" / "project", "build_pyz.py")


def make_environment(checkout: Path, needs: list[str], *, program: str, lock: Path | None = None) -> Path | None:
    """Create an environment below a checkout, once per set of requirements and version of Python.

    Args:
        checkout: the folder; the environment is created in its .build folder.
        needs: requirements, installed after the lock.
        program: the name to print before progress and errors.
        lock: a requirements file with every package, pinned and with hashes.

    Returns:
        Its Python; None, after a message, if it cannot be created.
    """
    identity = (sorted(needs), lock and lock.read_text(encoding="utf-8"), sys.version_info[:3], sys.prefix)
    folder = checkout / ".build" / hashlib.sha256(repr(identity).encode()).hexdigest()[:12]
    python = folder / "bin" / "python"
    if (folder / _READY).exists():
        return python
    if not _has_venv(program):
        return None
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / "lock").open("w") as turn:
        # Another build may be creating it.
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / _READY).exists():
            what = [*([str(lock.relative_to(checkout))] if lock else []), *needs]
            print(f"{program}: installing {', '.join(what)} into {folder} (only once)", file=sys.stderr, flush=True)
            if error := _install(folder, needs, lock):
                print(f"{program}: the environment could not be created: {error}", file=sys.stderr)
                return None
    return python


def _has_venv(program: str) -> bool:
    """Whether this Python can create environments; Debian packages that separately."""
    if all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        return True
    print(f"{program}: wanted a Python with venv and ensurepip, found {sys.executable} without", file=sys.stderr)
    print("On Debian and Ubuntu: apt-get install python3-venv", file=sys.stderr)
    return False


def _install(folder: Path, needs: list[str], lock: Path | None) -> Exception | None:
    """Create an environment; return the error, if any, after removing what was left."""
    import venv

    python = str(folder / "bin" / "python")
    pip = [python, "-P", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    shutil.rmtree(folder, ignore_errors=True)
    try:
        venv.create(folder, with_pip=True)
        if lock:
            subprocess.run([*pip, "--no-deps", "--require-hashes", "--requirement", str(lock)], check=True)
        if needs:
            subprocess.run([*pip, *needs], check=True)
        (folder / _READY).touch()
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        return error
    return None
