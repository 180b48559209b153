"""What is told of a process that failed."""

from __future__ import annotations

import subprocess
import sys

from django_pyz_runtime.release.upgrade.told import indented

CODE = """\
import sys
def fail(): raise RuntimeError("no tea\\nat all")
print("before", file=sys.stderr, flush=True)
fail()
"""


def test_of_a_traceback_only_its_end_is_told() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert [*indented(done.stderr)] == [
        "  before",
        '    File "<string>", line 2, in fail',
        "  RuntimeError: no tea",
        "  at all",
    ]


def test_all_else_is_told_as_it_is() -> None:
    assert [*indented("shop: wanted a file\n  found none")] == ["  shop: wanted a file", "    found none"]
