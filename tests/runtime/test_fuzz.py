"""Whatever bytes stand in a file, the environment or a command line: a value or a complaint, and soon."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import re
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import global_settings

from django_pyz_runtime import database_url, ini, sources, typed_settings
from django_pyz_runtime.arguments import Arguments, split
from django_pyz_runtime.blocks import read_layout
from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.confidential import shown, shown_name
from django_pyz_runtime.configuration import Level, Value
from django_pyz_runtime.container import CONTAINER, Container, Tree, read_container
from django_pyz_runtime.manifest import FILE_NAME, Manifest, Site, Variable
from django_pyz_runtime.options import OPTIONS
from django_pyz_runtime.redaction import Redactor
from django_pyz_runtime.shipped import settings_ini
from tests.fuzzing import MEGABYTE, at_most, mutations

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


def test_a_settings_ini() -> None:
    lines_of = re.compile(rb"\r\n|\r|\n")
    for content in damaged(SETTINGS_INI, settings_ini("project").encode()):
        entries, problems = ini.read(content)
        lines = lines_of.split(content.removeprefix(b"\xef\xbb\xbf"))
        for entry in entries:
            assert entry.key.encode() in lines[entry.line - 1], content
        assert all(1 <= problem.line <= len(lines) for problem in problems), content


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with credentials in it."""
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / "credentials").mkdir()
        yield Path(made)


def test_a_configuration_with_all_its_values(folder: Path) -> None:
    path = folder / "settings.ini"
    for content in damaged(SETTINGS_INI):
        path.write_bytes(content)
        environ = {"CREDENTIALS_DIRECTORY": f"{folder}/credentials"}
        configuration = sources.load(BUNDLE, Arguments(str(path), (), []), environ, 0)
        for option in OPTIONS:
            configuration.get(option.section, option.key)
        namespace = dict(PROJECT)
        values = configuration.section("settings")
        problems = [*configuration.problems, *typed_settings.apply(namespace, values, global_settings)]
        assert all(problem.startswith(f"{path}:") for problem in problems), content


SETTING_TEXTS = (
    *("true", "12", "0x1f", "1.5", "a, b\nc", '["a", ["b", 1]]', '{"a": {"b": null}}', "2h", "/a/b", "~/x", "[::1]"),
    *("postgres://u:p%40@h:5432/n?a=b", "sqlite:///x", "mysql://[::1]:1/n", "redis://:pw@h/0, http://x"),
)


def test_a_value_of_every_type_and_place() -> None:
    chance = random.Random(SEED)
    keys = [*PROJECT, *(name for name in dir(global_settings) if name.isupper())]
    ends = ["", " +", ".0", ".default", ".default.NAME", ".a.b.c", ".-1", ".²", "." + "9" * 5000, ".default.OPTIONS.x"]
    for text in texts(*SETTING_TEXTS):
        values = [
            Value("settings", chance.choice(keys) + chance.choice(ends), text, Level.FILE, f"/x:{line}")
            for line in range(8)
        ]
        list(typed_settings.apply(dict(PROJECT), values, global_settings))


def test_a_text_for_every_option() -> None:
    for text in texts(*SETTING_TEXTS, "127.0.0.1:80", "database, migrations", "/-/live"):
        for option in OPTIONS:
            with contextlib.suppress(ValueError):
                option.parse(text)
        with contextlib.suppress(ValueError):
            database_url.parse(text)


def test_what_is_to_be_shown() -> None:
    for text in texts(*SETTING_TEXTS, "password=a b", "https://token@h/x", "{'api_key': 'x'}", SETTINGS_INI.decode()):
        shown("A", text)
        shown_name(text)
        redactor = Redactor({text[:20]: text})
        redactor.redacted(text)


def test_an_environment(folder: Path) -> None:
    seeds = ["SERVE__BIND", "SETTINGS__DATABASES__default__NAME", "ENV__A@file", "GUNICORN__x", "SET", "MODULES__a__b"]
    for name in texts(*seeds):
        name = name.replace("\0", "")
        environ = {f"PROJECT__{name}": name, "PROJECT__SET": name, "CREDENTIALS_DIRECTORY": name}
        configuration = sources.load(BUNDLE, Arguments(str(folder / "none.ini"), (), []), environ, 0)
        assert all("\n" not in configuration.values[key].source for key in configuration.values if "\n" not in name)


def test_a_handed_down_command_line() -> None:
    for text in texts('[["--set", "serve.bind=:1"], ["--workers", "serve.workers=2"]]', "[" * 50, '{"a": ["b"]}'):
        sources.load(BUNDLE, Arguments(None, (), []), {"PROJECT__SET": text}, 0)


def test_a_command_line() -> None:
    seeds = (
        "--config\0/x\0--set\0serve.bind=:1\0migrate\0--set\0a.b=c",
        "pyz\0exec\0x\0--set",
        "runserve\0--set=a.b=c",
    )
    for text in texts(*seeds):
        with contextlib.suppress(Complaint):
            arguments = split(text.split("\0"))
            sources.load(BUNDLE, Arguments(None, arguments.assignments, arguments.command), {}, 0)
            assert arguments.command == [] or arguments.command[0] in text


MANIFEST = Manifest(
    *("project", "project-script", "myproj.settings", ("__project__",), "3.11"),
    variables=(Variable("A", None, "", "x.py:1"),),
    sealed={"settings.A": "b"},
    sbom={"components": [{"name": "django", "version": "5.2"}]},
)
JSON_WORDS = [
    b"[",
    b"]",
    b"{",
    b"}",
    b'"',
    b":",
    b",",
    b"null",
    b"1",
    b"1e999",
    b"true",
    b"[]",
    b"{}",
    b'"format"',
    b"\\u0000",
]


def retyped(data: Any, chance: random.Random) -> Any:
    """A copy of JSON data with one value of another type in it."""
    copy = json.loads(json.dumps(data))
    inside = copy
    while True:
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        key = chance.choice(keys)
        if not isinstance(inside[key], dict | list) or not inside[key] or chance.random() < 0.4:
            inside[key] = chance.choice(
                [None, True, -1, 1.5, 10**30, 1 << 40, "", "../x", "/x", [], [1], {}, {"a": 1}, [[]]]
            )
            return copy
        inside = inside[key]


def json_of(data: Any) -> Iterator[bytes]:
    """The JSON of data with one thing wrong, in its bytes or in its types."""
    yield from damaged(json.dumps(data).encode(), words=JSON_WORDS, share=2)
    chance = random.Random(SEED)
    for _ in range(COUNT // 2):
        yield json.dumps(retyped(data, chance)).encode()


def test_a_manifest(folder: Path) -> None:
    for content in [*json_of(json.loads(MANIFEST.to_json())), b"[" * 100_000]:
        (folder / FILE_NAME).write_bytes(content)
        with contextlib.suppress(Complaint):
            manifest = Site.load("/x", str(folder), "abc").manifest
            assert Manifest.from_json(manifest.to_json()) == manifest
            assert manifest.env_prefix.endswith("__")
            assert all("=" not in root or root for root in (*manifest.import_roots, *manifest.data_paths))


TREE = Tree(10, 20, 30, "0" * 64)


def test_what_an_archive_says_of_itself(folder: Path) -> None:
    path = folder / "x.pyz"
    for content in json_of(json.loads(Container("project", "ab" * 32, "3.11", False, TREE).to_json())):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(CONTAINER, content)
        with contextlib.suppress(Complaint):
            found = read_container(str(path))
            assert found == Container(**{**found._asdict(), "tree": Tree(**found.tree._asdict())})


def test_an_archive(folder: Path) -> None:
    path = folder / "x.pyz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CONTAINER, Container("project", "ab" * 32, "3.11", False, TREE).to_json())
    for content in damaged(path.read_bytes(), words=[b"PK\5\6", b"PK\1\2", b"PK\3\4", b"\x0c\0", b"\x0e\0", b"\1\0"]):
        path.write_bytes(content)
        with contextlib.suppress(Complaint):
            read_container(str(path))


def test_the_index_of_a_tree(folder: Path) -> None:
    path = folder / "x.pyz"
    index = {
        "folders": ["a", "a/b"],
        "blocks": [[0, 10, "0" * 64, "deflate", [[0, "x.py", 5, 0], [1, "y", 5, 1]]]],
        "links": [["a/z", "a/x.py"]],
    }
    for content in json_of(index):
        stored = zlib.compress(content)
        path.write_bytes(stored)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            with contextlib.suppress(Complaint):
                read_layout(str(path), descriptor, Tree(0, 0, len(stored), hashlib.sha256(stored).hexdigest()))
        finally:
            os.close(descriptor)


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


@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_takes_no_longer_than_its_size_is_worth(name: str, folder: Path) -> None:
    path = folder / "settings.ini"
    path.write_bytes(LARGE[name])
    with at_most(10):
        configuration = sources.load(BUNDLE, Arguments(str(path), (), []), {}, 0)
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
