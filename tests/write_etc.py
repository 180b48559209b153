"""Write what is made from declarations: the files in etc/, for the sample's names, the tables in docs/reference, and
the man page and completions of the build tool.

`python -m tests.write_etc`, with src on PYTHONPATH.
"""

from __future__ import annotations

from pathlib import Path

from django_pyz.cli import tool_parser
from django_pyz.manual import shared_files
from django_pyz_runtime.release.files.files import host_files
from django_pyz_runtime.release.files.site import Site
from tests.help.page import PAGE
from tests.help.page import page as troubleshooting
from tests.reference import TABLES, up_to_date

CHECKOUT = Path(__file__).resolve().parent.parent
ETC = CHECKOUT / "etc"
REFERENCE = CHECKOUT / "docs" / "reference"
SHARE = CHECKOUT / "src" / "django_pyz" / "share"
SAMPLE = Site("project", "project-script", "myproj.wsgi")
"""The sample, as nobody has configured it."""


if __name__ == "__main__":
    for file in host_files(SAMPLE):
        (ETC / file.path).parent.mkdir(exist_ok=True)
        (ETC / file.path).write_text(file.text, encoding="utf-8")
    for name, text in shared_files(tool_parser()).items():
        (SHARE / name).parent.mkdir(parents=True, exist_ok=True)
        (SHARE / name).write_text(text, encoding="utf-8")
    for name in TABLES:
        page = REFERENCE / name
        page.write_text(up_to_date(name, page.read_text(encoding="utf-8")), encoding="utf-8")
    PAGE.write_text(troubleshooting(), encoding="utf-8")
