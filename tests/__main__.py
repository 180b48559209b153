"""`python3 -m tests [OPTION ...] [PYTEST ARGUMENT ...]`: install what the checks need, and run them.

Python packages go into an environment of its own. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests import measuring, programs

CHECKOUT = Path(__file__).resolve().parent.parent
LOCK = CHECKOUT / "tests" / "requirements.txt"
CHECKS = ("ruff format --check", "ruff check", "lint-imports --no-cache", "mypy")
# Three at a time on two cores, as many tests wait; module by module: what a module shares is made once.
PYTEST = "pytest --numprocesses=3 --dist=loadscope --no-loadscope-reorder"
LOCKING = f"uv pip compile pyproject.toml --group dev --output-file {LOCK.relative_to(CHECKOUT)} --quiet --universal"


def main(arguments: list[str]) -> int:
    """Run the formatter, the linters, the type checker and the tests, in this order, up to the first that fails."""
    options, for_pytest = parser().parse_known_args(arguments)

    sys.path.insert(0, str(CHECKOUT / "src"))
    from django_pyz.bootstrap import is_too_old, make_environment

    if is_too_old("tests"):
        return 2
    if not (options.fast or options.lock or options.run):
        programs.install_missing()
    needs = [f"Django=={options.django}.*"] if options.django else []
    python = make_environment(CHECKOUT, needs, program="tests", lock=LOCK)
    if python is None:
        return 2
    if options.run:
        return _run(python, [options.run])
    if options.lock:
        written_by = ["--custom-compile-command", "python3 -m tests --lock"]
        how = ["--generate-hashes", "--python-version=3.11", "--no-emit-package=pip"]
        return _run(python, [[*LOCKING.split(), *how, *written_by, *for_pytest]])
    which = [f"--{name}" for name in ("fast", "long") if getattr(options, name)]
    pytest = [*PYTEST.split(), *which, *for_pytest]
    if code := _run(python, [] if options.django else map(str.split, CHECKS)):
        return code
    if options.coverage:
        return _run_measured(python, pytest)
    return _run(python, [pytest])


def parser() -> argparse.ArgumentParser:
    """The options of this command."""
    found = argparse.ArgumentParser(
        prog="python3 -m tests", description=__doc__, allow_abbrev=False, epilog="All other arguments go to pytest."
    )
    found.add_argument("--fast", action="store_true", help="only what needs no root, programs and minutes")
    found.add_argument("--long", action="store_true", help="also tests that are one more of a kind and take their time")
    found.add_argument("--django", metavar="X.Y", help="only the tests, with another release of Django")
    found.add_argument("--coverage", action="store_true", help="measure what the tests run, in bundles, too")
    found.add_argument("--lock", action="store_true", help=f"write {LOCK.relative_to(CHECKOUT)} and end")
    found.add_argument("--run", nargs=argparse.REMAINDER, metavar="PROGRAM", help="run this in the environment only")
    return found


def _run_measured(python: Path, pytest: list[str]) -> int:
    """Run the tests and tell how much of the code they ran, also where one has failed; their exit code."""
    with tempfile.TemporaryDirectory() as results:
        code = _run(python, [pytest], measuring.variables(python, Path(results)))
        _run(python, [["python", "-m", "tests.measuring.report", results]])
    return code


def _run(python: Path, commands: Iterable[list[str]], more: Mapping[str, str] | None = None) -> int:
    """Run programs of an environment, one after the other, up to the first that fails; its exit code."""
    import_path = os.pathsep.join(str(CHECKOUT / folder) for folder in ("src", "src/project"))
    search = f"{_uv_folder(python)}{os.pathsep}{programs.SEARCH}"
    environment = {**os.environ, "PATH": search, "PYTHONPATH": import_path, **(more or {})}
    for program, *options in commands:
        print("$", program, *options, flush=True)
        if code := subprocess.run([python.with_name(program), *options], cwd=CHECKOUT, env=environment).returncode:
            return code
    return 0


def _uv_folder(python: Path) -> Path:
    """A folder with nothing but uv, which builds use where it is on PATH; some tests take it away again."""
    folder = python.parent.parent / "tools"
    folder.mkdir(exist_ok=True)
    if not (folder / "uv").exists():
        (folder / "uv").symlink_to(python.parent / "uv")
    return folder


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
