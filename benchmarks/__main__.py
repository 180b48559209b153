"""`python3 -m benchmarks [OPTION ...]` measures, `python3 -m benchmarks soak [OPTION ...]` soaks.

Runs in an environment created once. Standard library only, until that environment runs it.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
_NEEDED = ("pip", "pytest", "rich", "shiv", "uv", "packaging.dependency_groups", "packaging.pylock")


def main(arguments: list[str]) -> int:
    """Measure here if the packages are installed, else in an environment that has them."""
    sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "src")]
    if _are_here():
        from benchmarks.cli import main as measure

        return measure(arguments)
    from django_pyz.bootstrap import make_environment
    from tests.__main__ import LOCK

    python = make_environment(CHECKOUT, [], program="benchmarks", lock=LOCK)
    if python is None:
        return 2
    # Paths from the user are relative to the current folder, which need not be the checkout.
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run([python, "-m", "benchmarks", *arguments], env=environment).returncode


def _are_here() -> bool:
    try:
        return all(importlib.util.find_spec(name) for name in _NEEDED)
    except ModuleNotFoundError:
        return False


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
