"""Imported by Python itself at the start of a child process (see the documentation of `site`)."""

import os
import sys

_SITE_PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

sys.path.append(_SITE_PACKAGES)

from django_pyz_runtime.child.start import start  # noqa: E402

start(_SITE_PACKAGES)
