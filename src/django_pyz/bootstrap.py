"""Building from a checkout on a bare Python, in an environment that is made once. Standard library only."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from argparse import ArgumentParser
from pathlib import Path

_READY = "ready"
_OLDEST_PYTHON = (3, 11)


def build_here(checkout: Path) -> int:
    """Run a build with the packages at hand, or start again in an environment that has them.

    Args:
        checkout: the folder with our pyproject.toml.

    Returns:
        The exit code.
    """
    if sys.version_info < _OLDEST_PYTHON:
        print(f"build_pyz.py: wanted Python 3.11 or newer, found {sys.version.split()[0]}", file=sys.stderr)
        return 2
    needs = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    if _are_here():
        return _build(checkout)
    python = make_environment(checkout, needs)
    if python is None:
        return 2
    os.execv(python, [str(python), str(checkout / "build_pyz.py"), *sys.argv[1:]])


def _are_here() -> bool:
    """Whether this Python has the packages; of packaging, one that is new enough has these modules."""
    names = ("pip", "rich", "shiv", "packaging.dependency_groups", "packaging.pylock")
    try:
        return all(importlib.util.find_spec(name) for name in names)
    except ModuleNotFoundError:
        return False


def _build(checkout: Path) -> int:
    from django_pyz import cli

    parser = ArgumentParser(
        prog="build_pyz.py", description="Turn a Django project into one executable file.", allow_abbrev=False
    )
    cli.add_build_arguments(parser, checkout / "src" / "project")
    return cli.run(parser.parse_args())


def make_environment(checkout: Path, needs: list[str]) -> Path | None:
    """Make an environment below a checkout, once for each set of requirements and version of Python.

    Args:
        checkout: the folder; the environment is made in its .build folder.
        needs: the requirements.

    Returns:
        Its Python; None where it cannot be made, which has been said then.
    """
    key = hashlib.sha256(repr((sorted(needs), sys.version_info[:3], sys.prefix)).encode()).hexdigest()[:12]
    folder = checkout / ".build" / key
    python = folder / "bin" / "python"
    if (folder / _READY).exists():
        return python
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        # Another build may be at it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return python if (folder / _READY).exists() or _install(folder, needs) else None


def _install(folder: Path, needs: list[str]) -> bool:
    """Make the environment; whether that went well."""
    python = folder / "bin" / "python"
    print(f"build_pyz.py: installing {', '.join(needs)} into {folder} (only once)", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        venv.create(folder, with_pip=True)
        options = ("--quiet", "--disable-pip-version-check")
        command = [str(python), "-P", "-m", "pip", "install", *options, *needs]
        subprocess.run(command, check=True)
        (folder / _READY).touch()
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        print(f"build_pyz.py: the environment for building could not be made: {error}", file=sys.stderr)
        print("On Debian: apt-get install python3-venv", file=sys.stderr)
        return False
    return True
