"""Entry point of the payload on its own: shiv's archive inside a bundle is one that shiv itself can start."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django_pyz_runtime.main import main as run


def main() -> int:
    """Run the bundle's command line; shiv's bootstrap has put the tree on sys.path."""
    site_packages = Path(__file__).resolve().parent.parent
    return run(os.path.abspath(sys.argv[0]), str(site_packages), "payload")
