"""What is said of errors."""

from __future__ import annotations

import errno
import os
import shutil

import pytest

from django_pyz_runtime.errors import line_of, system_reason


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/Data/x"), "permission denied"),
        (shutil.Error([("/Data/x", "/Copy/x", "why")]), "[('/Data/x', '/Copy/x', 'why')]"),
        (OSError("the Volume is gone"), "the Volume is gone"),
        (ValueError("embedded null byte"), "embedded null byte"),
    ],
)
def test_the_reason_is_the_system_s_in_small_letters_or_else_the_error_s_own(error: Exception, reason: str) -> None:
    assert system_reason(error) == reason


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x = 1\ndef f():\n    raise ValueError\nf()\n", 3),
        ("x = 1\n\ny = (\n", 3),
        ("import json\njson.loads('')\n", 2),
    ],
)
def test_the_line_of_an_error_is_the_last_one_of_that_file(source: str, line: int) -> None:
    with pytest.raises((ValueError, SyntaxError)) as caught:
        exec(compile(source, "/etc/shop/local.py", "exec"), {})
    assert line_of(caught.value, "/etc/shop/local.py") == line
    assert line_of(caught.value, "/etc/shop/other.py") is None
