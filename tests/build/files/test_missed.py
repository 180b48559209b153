"""Which of the files that were left out an error is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.files.missed import missed
from tests.build.trees import write_tree

LEFT_OUT = {
    "shop/local_settings.py": "settings of this machine",
    "shop/templates/shop/media/": "uploads",
    "web/media/": "uploads",
    "plugins/.cache/": "cache",
    "static/css/site.css": "not tracked by git",
    "conf/app.ini": "not tracked by git",
    ".env": "secrets",
    "other.txt": "not tracked by git",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ModuleNotFoundError: No module named 'shop.local_settings'", ["shop/local_settings.py"]),
        ("ModuleNotFoundError: No module named 'local_settings'", ["shop/local_settings.py"]),
        (
            "ImportError: cannot import name 'local_settings' from 'shop' (/x/shop/__init__.py)",
            ["shop/local_settings.py"],
        ),
        ("No module named 'web.media.views'", ["web/media/views.py"]),
        ("No module named 'web.media.nothing'", []),
        ("TemplateDoesNotExist: shop/media/list.html", ["shop/templates/shop/media/list.html"]),
        ("the file 'media/list.html' could not be found", ["shop/templates/shop/media/list.html"]),
        ("No such file or directory: '/tmp/x/__project__/conf/app.ini'", ["conf/app.ini"]),
        ("No such file or directory: 'conf/app.ini'", ["conf/app.ini"]),
        ("The file 'css/site.css' could not be found with <storage object at 0x7f>.", ["static/css/site.css"]),
        ("cannot read /tmp/x/__project__/.env: no such file", [".env"]),
        ("No module named 'requests'", []),
        ('File "/tmp/x/__project__/shop/settings.py", line 4, in <module>', []),
    ],
)
def test_a_file_that_an_error_names_is_found(tmp_path: Path, text: str, expected: list[str]) -> None:
    write_tree(tmp_path, {"web/media/views.py": "", "shop/templates/shop/media/list.html": ""})

    assert missed(f"cannot import the settings:\n  {text}", tmp_path, LEFT_OUT) == expected
