#!/usr/bin/env python3
"""Build a Django project into one executable file: `python3 build_pyz.py [PROJECT] [-o FILE] [--run]`.

Without PROJECT it builds the sample in src/project. It needs nothing but Python 3.11: the packages that it builds with
are installed into an environment of their own, once.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "src"))

from django_pyz.bootstrap import build_here  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(build_here(HERE))
