"""A small file to make packages of."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz_runtime.bundle.manifest import Variable
from tests.small_bundle import MANIFEST, write_small

DJANGO = {"components": [{"name": "django", "version": "5.2.19"}]}
_REQUIRED = Variable("SHOP_KEY", None, "text", "shop/settings.py:7", is_required=True)


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of version 1.0rc1, whose settings want a variable."""
    manifest = MANIFEST._replace(version="1.0rc1", sbom=DJANGO, variables=(_REQUIRED,))
    return write_small(tmp_path_factory.mktemp("small"), manifest=manifest)
