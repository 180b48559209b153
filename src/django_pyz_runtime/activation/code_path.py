"""sys.path as the project's."""

from __future__ import annotations

import site as python_site
import sys
from pathlib import Path

from django_pyz_runtime.bundle.bundle import Bundle


def use_code(bundle: Bundle, code_folder: Path) -> None:
    """Put the project's import roots on sys.path; the tree itself is there.

    Args:
        bundle: this one.
        code_folder: the folder that the manifest's paths are relative to.
    """
    first = [str(code_folder / root) for root in bundle.manifest.import_roots]
    last = [str(code_folder / root) for root in bundle.manifest.last_import_roots]
    sys.path[:] = [*first, *(entry for entry in sys.path if entry not in (*first, *last)), *last]
    if bundle.manifest.has_pth:
        python_site.addsitedir(str(bundle.site_packages))
