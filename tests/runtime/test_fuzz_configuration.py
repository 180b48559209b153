"""Whatever bytes stand in settings.ini, the environment or a command line: a value or an error."""

from __future__ import annotations

import contextlib
import random
import re
from pathlib import Path

from django.conf import global_settings

from django_pyz_runtime.boot import ini
from django_pyz_runtime.boot.arguments import Arguments, split
from django_pyz_runtime.config import database_url, levels, typed_settings
from django_pyz_runtime.config.configuration import Level, Value
from django_pyz_runtime.config.options import OPTIONS
from django_pyz_runtime.config.settings_ini import settings_ini
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.secrets.recognise import shown, shown_name
from django_pyz_runtime.secrets.redaction import Redactor
from tests.runtime.fuzz_seeds import BUNDLE, PROJECT, SEED, SETTINGS_INI, damaged, texts


def test_a_settings_ini() -> None:
    lines_of = re.compile(rb"\r\n|\r|\n")
    for content in damaged(SETTINGS_INI, settings_ini("project").encode()):
        entries, problems = ini.read(content)
        lines = lines_of.split(content.removeprefix(b"\xef\xbb\xbf"))
        for entry in entries:
            assert entry.key.encode() in lines[entry.line - 1], content
        assert all(1 <= problem.line <= len(lines) for problem in problems), content


def test_a_configuration_with_all_its_values(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    (tmp_path / "credentials").mkdir()
    for content in damaged(SETTINGS_INI):
        path.write_bytes(content)
        environ = {"CREDENTIALS_DIRECTORY": f"{tmp_path}/credentials"}
        configuration = levels.load(BUNDLE, Arguments(str(path), (), []), environ, 0)
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


def test_an_environment(tmp_path: Path) -> None:
    seeds = ["SERVE__BIND", "SETTINGS__DATABASES__default__NAME", "ENV__A@file", "GUNICORN__x", "SET", "MODULES__a__b"]
    for name in texts(*seeds):
        name = name.replace("\0", "")
        environ = {f"PROJECT__{name}": name, "PROJECT__SET": name, "CREDENTIALS_DIRECTORY": name}
        configuration = levels.load(BUNDLE, Arguments(str(tmp_path / "none.ini"), (), []), environ, 0)
        assert all("\n" not in configuration.values[key].source for key in configuration.values if "\n" not in name)


def test_a_handed_down_command_line() -> None:
    for text in texts('[["--set", "serve.bind=:1"], ["--workers", "serve.workers=2"]]', "[" * 50, '{"a": ["b"]}'):
        levels.load(BUNDLE, Arguments(None, (), []), {"PROJECT__SET": text}, 0)


def test_a_command_line() -> None:
    seeds = (
        "--config\0/x\0--set\0serve.bind=:1\0migrate\0--set\0a.b=c",
        "pyz\0exec\0x\0--set",
        "runserve\0--set=a.b=c",
    )
    for text in texts(*seeds):
        with contextlib.suppress(UserError):
            arguments = split(text.split("\0"))
            levels.load(BUNDLE, Arguments(None, arguments.assignments, arguments.command), {}, 0)
            assert arguments.command == [] or arguments.command[0] in text
