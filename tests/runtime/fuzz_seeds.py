"""What the fuzzers of the run wing start from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django_pyz_runtime.bundle.manifest import Manifest
from tests.fuzzing import mutations

COUNT = int(os.environ.get("FUZZ_COUNT", "300"))
"""Inputs for each reader; set FUZZ_COUNT for a longer search, and FUZZ_SEED for others."""
SEED = int(os.environ.get("FUZZ_SEED", "1"))
BUNDLE = Manifest("project", "project-script", "myproj.settings", ("__project__",), "3.11")
SETTINGS_INI = b"""\
[project]
data_dir = /var/lib/x
[env]
DATABASE_URL = postgres://u:p@h/n
A@file = /x
[settings]
DEBUG = no
SECRET_KEY = hunter2hunter2
ALLOWED_HOSTS = a.example.org,
  b.example.org
DATABASES.default = postgres://u:p%40@h:5432/n?a=b
DATABASES.default.CONN_MAX_AGE = 60
INSTALLED_APPS += x
ADMINS = [["a", "a@example.org"]]
SESSION_COOKIE_AGE = 0x10
[serve]
bind = 127.0.0.1:8000, [::1]:80, unix:/x
workers = auto
timeout = 1.5m
[gunicorn]
max_requests = 1
[health]
checks = database
"""
WORDS = [
    *(b"[settings]", b"[env]", b"[x]", b"[", b"]", b"=", b" = ", b"@file", b"@credential", b"+", b"#", b"\n  ", b"."),
    *(b"://", b"@", b":", b"%00", b"[[", b"{", b'"', b"0x", b"1e999", b"NaN", b"DATABASES.", b"DEBUG", b"..", b"~"),
]


class Odd(NamedTuple):
    """A setting of an odd type."""

    one: int = 1
    two: int = 2


PROJECT: dict[str, Any] = {
    "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path("/x"), "OPTIONS": {}}},
    "ALLOWED_HOSTS": ["a"],
    "INSTALLED_APPS": ("a", "b"),
    "ADMINS": [("a", "a@example.org")],
    "NUMBERS": {1, 2},
    "FROZEN": frozenset({"x"}),
    "WAIT": timedelta(seconds=1),
    "RATIO": 0.5,
    "ODD": Odd(),
    "OBJECT": object(),
    "NOTHING": None,
}


def damaged(*seeds: bytes, words: list[bytes] = WORDS, share: int = 1) -> Iterator[bytes]:
    return mutations(seeds, words, COUNT // share, SEED)


def texts(*seeds: str) -> Iterator[str]:
    """Damaged texts as they come from the environment: bytes that are no UTF-8 stand for themselves."""
    return (content.decode(errors="surrogateescape") for content in damaged(*(seed.encode() for seed in seeds)))
