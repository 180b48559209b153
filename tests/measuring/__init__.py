"""What the tests run of both wings, also in processes that they start. Standard library only.

A Python of the tests' environment executes `start.py` first where the variable MEASURED is set; tests with a clean
environment for a process of the wings pass it on. Bundles start Python without the module `site`, which would do so:
the commands `python3` and `python3.X` that they find are scripts that have it done. Measuring is no part of each run:
it takes half as long again, and what a test says of tracers in a bundle does not hold beside another one.

Not measured are the machines of the tests that boot one, where Debian's own Python runs, what ends by SIGKILL, and
processes that may not write to the folder of the results.
"""

from __future__ import annotations

import sys
from pathlib import Path

MEASURED = "TESTS_MEASURED"
"""Names the folder of the results."""
PYTHONS = "TESTS_PYTHONS"
"""Names the folder with the commands that bundles find."""
_VERSION = f"python3.{sys.version_info.minor}"
_START = Path(__file__).with_name("start.py")
_COMMAND = """\
#!/bin/sh
if [ "$#" -gt 2 ] && [ "$1 $2" = "-S -c" ]; then
    code=$3
    shift 3
    exec {python} -S -c "{execute}
$code" "$@"
fi
exec {python} "$@"
"""


def variables(python: Path, results: Path) -> dict[str, str]:
    """Have an environment measure, and give the variables for it.

    Args:
        python: of the environment.
        results: an empty folder.
    """
    packages = python.parent.parent / "lib" / _VERSION / "site-packages"
    for_site = f"import os; {MEASURED!r} in os.environ and {_execute(f'os.environ[{MEASURED!r}]', packages)}\n"
    (packages / "measured.pth").write_text(for_site, encoding="utf-8")
    folder = results / "pythons"
    folder.mkdir()
    for name in ("python3", _VERSION):
        text = _COMMAND.format(python=python, execute=_execute(repr(str(results)), packages))
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    return {MEASURED: str(results), PYTHONS: str(folder)}


def _execute(results: str, packages: Path) -> str:
    """The expression that executes start.py; quotes in it are single ones."""
    text = f"__import__('pathlib').Path({str(_START)!r}).read_text()"
    return f"exec({text}, {{'RESULTS': {results}, 'PACKAGES': {str(packages)!r}}})"
