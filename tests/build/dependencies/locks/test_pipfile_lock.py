"""Pipfile.lock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from django_pyz_runtime.errors import UserError
from tests.build.reading import names, read

LOCK: dict[str, Any] = {
    "_meta": {
        "hash": {"sha256": "0"},
        "pipfile-spec": 6,
        "requires": {"python_version": "2.7"},
        "sources": [
            {"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": True},
            {"name": "ours", "url": "https://${NAME}:${PASSWORD}@pypi.example.org/simple", "verify_ssl": False},
        ],
    },
    "default": {
        "django": {
            "extras": ["argon2"],
            "hashes": ["sha256:bb", "sha256:aa"],
            "index": "pypi",
            "markers": "python_version >= '3.8'",
            "version": "==5.2",
        },
        "anything": {"version": "*"},
        "e1839a8": {"editable": True, "path": "./lib"},
        "forked": {"git": "https://example.org/forked.git", "ref": "abc", "subdirectory": "src", "editable": True},
        "archive": {"file": "https://example.org/archive.zip", "hashes": ["sha256:cc"]},
    },
    "develop": {"pytest": {"version": "==8.0"}},
    "prod": {"gunicorn": {"version": "==23.0"}},
}


def _write(root: Path, lock: object = LOCK) -> None:
    (root / "Pipfile.lock").write_text(json.dumps(lock))


def test_the_default_packages_are_taken(tmp_path: Path) -> None:
    _write(tmp_path)

    wanted = read(tmp_path, "Pipfile.lock")

    assert wanted.lines == (
        "anything",
        "archive @ https://example.org/archive.zip --hash=sha256:cc",
        "django[argon2]==5.2 ; python_version >= '3.8' --hash=sha256:aa --hash=sha256:bb",
        f"{tmp_path}/lib",
        "forked @ git+https://example.org/forked.git@abc#subdirectory=src",
    )
    assert wanted.is_complete


def test_indexes_keep_their_variables_for_the_installer(tmp_path: Path) -> None:
    _write(tmp_path)

    assert read(tmp_path, "Pipfile.lock").index_lines == (
        "--extra-index-url https://${NAME}:${PASSWORD}@pypi.example.org/simple",
        "--trusted-host pypi.example.org",
    )


def test_a_category_is_taken_when_asked_for(tmp_path: Path) -> None:
    _write(tmp_path)

    assert "gunicorn" in names(read(tmp_path, "Pipfile.lock", groups=("prod",)))


def test_an_unknown_category_is_an_error(tmp_path: Path) -> None:
    _write(tmp_path)

    with pytest.raises(UserError, match=r"(?m)found no group 'live'$") as caught:
        read(tmp_path, "Pipfile.lock", groups=("live",))

    assert caught.value.hint == "Known are develop, prod."


def test_what_is_no_lock_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "Pipfile.lock").write_text("{")
    with pytest.raises(UserError, match=r"Pipfile.lock: cannot be read"):
        read(tmp_path, "Pipfile.lock")

    _write(tmp_path, {})
    with pytest.raises(UserError, match=r'(?m)wanted packages under "default", found none$'):
        read(tmp_path, "Pipfile.lock")
