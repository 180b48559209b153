"""Large inputs take no longer than their size is worth."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from django.conf import global_settings

from django_pyz_runtime.boot.arguments import Arguments, split
from django_pyz_runtime.config import levels, typed_settings
from django_pyz_runtime.secrets.redaction import Redactor
from tests.fuzzing import MEGABYTE, at_most
from tests.runtime.fuzz_seeds import BUNDLE, PROJECT

LARGE = {
    "one line": b"x" * MEGABYTE,
    "sections": b"".join(b"[%d]\n" % number for number in range(MEGABYTE // 8)),
    "unknown keys": b"[serve]\n" + b"".join(b"wrokers%d = 1\n" % number for number in range(MEGABYTE // 16)),
    "unknown settings": b"[settings]\n" + b"".join(b"DEBUC%d = 1\n" % number for number in range(MEGABYTE // 16)),
    "one dictionary": b"[settings]\n" + b"".join(b"X.k%d = 1\n" % number for number in range(MEGABYTE // 12)),
    "the same key": b"[settings]\n" + b"DEBUG = 1\n" * (MEGABYTE // 10),
    "a deep name": b"[settings]\nX" + b".a" * (MEGABYTE // 2) + b" = 1\n",
    "a value of many lines": b"[settings]\nALLOWED_HOSTS =\n" + b" a\n" * (MEGABYTE // 3),
    "two long lists": b"[settings]\n"
    + b"".join(
        b"INSTALLED_APPS %s= %s\n" % (plus, b",".join(b"%s%d" % (plus, number) for number in range(MEGABYTE // 16)))
        for plus in (b"", b"+")
    ),
    "a deep list": b"[settings]\nX = " + b"[" * MEGABYTE,
    "a long number": b"[settings]\nSESSION_COOKIE_AGE = 0x" + b"f" * MEGABYTE,
    "urls": b"[settings]\nX = " + b"://a:" * (MEGABYTE // 5),
    "names in quotes": b"[settings]\nX = " + b'"secret' * (MEGABYTE // 7),
    "one name in quotes": b'[settings]\nX = "' + b"secret" * (MEGABYTE // 6),
    "parameters": b"[settings]\nX = " + b"password=" * (MEGABYTE // 9),
    "a long word": b"[settings]\nX = " + b"secret_key" * (MEGABYTE // 10),
    "spaces": b"[settings]\nX = a" + b" " * MEGABYTE + b"= b\n",
    "colons": b"[serve]\nbind = " + b":" * MEGABYTE,
    "digits": b"[serve]\ntimeout = " + b"1" * MEGABYTE,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_takes_no_longer_than_its_size_is_worth(name: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    path.write_bytes(LARGE[name])
    with at_most(10):
        configuration = levels.load(BUNDLE, Arguments(str(path), (), []), {}, 0)
        list(typed_settings.apply(dict(PROJECT), configuration.section("settings"), global_settings))
        redactor = Redactor({})
        redactor.remember(configuration.texts())
        redactor.redacted("x")


def test_a_long_command_line_takes_no_longer_than_its_size_is_worth() -> None:
    with at_most(10):
        assert len(split(["pyz", *["x"] * MEGABYTE]).command) == MEGABYTE + 1
        assert len(split(["--set", "a.b=c"] * (MEGABYTE // 2)).assignments) == MEGABYTE // 2


def test_the_deadline_ends_what_does_not_end_by_itself() -> None:
    with pytest.raises(AssertionError, match=r"took more than 0\.1 s"):
        _work_for_ever()


def _work_for_ever() -> None:
    with at_most(0.1):
        while sys.version_info:
            pass
