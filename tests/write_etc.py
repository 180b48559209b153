"""Write what is made from declarations: the files in etc/, for the sample's names, and the tables in docs/reference.

`python -m tests.write_etc`, with src on PYTHONPATH.
"""

from __future__ import annotations

from pathlib import Path

from django_pyz_runtime.release.files.files import host_files
from django_pyz_runtime.release.files.site import Site
from tests.reference import TABLES, up_to_date

CHECKOUT = Path(__file__).resolve().parent.parent
ETC = CHECKOUT / "etc"
REFERENCE = CHECKOUT / "docs" / "reference"
SAMPLE = Site("project", "project-script", "myproj.wsgi")
"""The sample, as nobody has configured it."""


if __name__ == "__main__":
    for file in host_files(SAMPLE):
        (ETC / file.path).parent.mkdir(exist_ok=True)
        (ETC / file.path).write_text(file.text, encoding="utf-8")
    for name in TABLES:
        page = REFERENCE / name
        page.write_text(up_to_date(name, page.read_text(encoding="utf-8")), encoding="utf-8")
