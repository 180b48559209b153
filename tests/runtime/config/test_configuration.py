"""Levels of values, merged."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_pyz_runtime.bundle.names import ConfigurationFile
from django_pyz_runtime.config.configuration import Configuration, Level, Value, by_line, merge
from django_pyz_runtime.config.options import SECTIONS

FILE = ConfigurationFile("/etc/project/settings.ini", "")


def merged(*values: Value, present: bool = True) -> Configuration:
    return merge(FILE, present, values, [])


def value(name: str, text: str, level: Level = Level.FILE, source: str = "here") -> Value:
    section, _, key = name.partition(".")
    return Value(section, key, text, level, source)


def problem_of(name: str, text: str) -> str:
    [problem] = merged(value(name, text)).problems
    return problem


def test_the_highest_level_wins_in_whatever_order_they_come() -> None:
    values = [value("serve.threads", str(level.value), level) for level in Level if level]
    for order in (values, values[::-1]):
        assert merged(*order).get("serve", "threads") == Level.COMMAND_LINE.value


def test_a_value_knows_all_that_it_shadows_highest_first() -> None:
    values = [value("env.A", level.name, level) for level in (Level.SEALED, Level.ENVIRONMENT, Level.FILE)]
    winner = merged(*values).values["env", "A"]
    assert [winner.text, *(shadowed.text for shadowed in winner.shadowed)] == ["ENVIRONMENT", "FILE", "SEALED"]


def test_of_two_values_of_one_level_the_later_wins() -> None:
    values = [value("env.A", text, Level.FRAGMENT) for text in ("first", "second")]
    assert merged(*values).values["env", "A"].text == "second"


def test_two_additions_by_the_same_option_are_both_kept() -> None:
    values = [value("settings.HOSTS+", text, Level.COMMAND_LINE, "--set settings.HOSTS+") for text in ("a", "b")]
    assert [found.text for found in merged(*values).section("settings")] == ["a", "b"]


def test_a_value_that_does_not_fit_leaves_the_one_below_in_force() -> None:
    configuration = merged(value("serve.threads", "2"), value("serve.threads", "x", Level.ENVIRONMENT))
    assert configuration.get("serve", "threads") == 2
    assert configuration.level("serve", "threads") == Level.FILE
    assert len(configuration.problems) == 1


@pytest.mark.parametrize("level", [Level.SEALED, Level.FRAGMENT, Level.CREDENTIAL, Level.COMMAND_LINE])
def test_the_place_of_the_code_is_refused_where_it_comes_too_late(level: Level) -> None:
    configuration = merged(value("project.cache_dir", "/srv/code", level))
    assert configuration.problems == (
        "here: [project] cache_dir: has no effect here, as the code is unpacked before this is read: "
        "set it in /etc/project/settings.ini",
    )
    assert ("project", "cache_dir") not in configuration.values


@pytest.mark.parametrize("level", [Level.FILE, Level.ENVIRONMENT])
def test_the_place_of_the_code_is_taken_where_the_launcher_reads_it(level: Level) -> None:
    configuration = merged(value("project.cache_dir", "/srv/code", level))
    assert (configuration.problems, configuration.get("project", "cache_dir")) == ((), Path("/srv/code"))


def test_an_option_that_nobody_sets_has_its_default() -> None:
    assert merged().get("serve", "bind") == ["127.0.0.1:8000"]
    assert merged().get("project", "data_dir") is None
    assert merged().level("serve", "bind") == Level.DEFAULT


def test_an_option_set_to_an_empty_list_is_empty() -> None:
    assert merged(value("health.checks", "")).get("health", "checks") == []


def test_a_section_has_the_values_of_lower_levels_first() -> None:
    values = [value("settings.A", "1", Level.COMMAND_LINE), value("settings.B", "2"), value("env.C", "3")]
    assert [found.key for found in merged(*values).section("settings")] == ["B", "A"]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("serve.bnid", "x", "here: [serve] has no 'bnid', did you mean bind?"),
        ("sevre.bind", "x", "here: unknown section [sevre], did you mean serve?"),
        ("zzz.x", "x", f"here: unknown section [zzz]; known are {', '.join(SECTIONS)}"),
        ("log.zzz", "x", "here: [log] has no 'zzz'; known are level, format, access"),
        ("serve.threads", "many", "here: [serve] threads: wanted a whole number from 1, found 'many'"),
        ("serve.bind", "", "here: [serve] bind: wanted HOST:PORT or unix:/path, found ''"),
        ("env.A-B", "x", "here: [env] cannot have the name 'A-B'"),
        ("env.A", "x\0", "here: [env] A: wanted text that can be encoded, without NUL characters, found 'x\\x00'"),
        ("gunicorn.max requests", "x", "here: [gunicorn] cannot have the name 'max requests'"),
        ("settings.A..B", "x", "here: [settings] cannot have the name 'A..B'"),
        ("settings.A. B", "x", "here: [settings] cannot have the name 'A. B'"),
        ("settings.+", "x", "here: [settings] cannot have the name '+'"),
        ("settings.", "x", "here: [settings] cannot have the name ''"),
        ("settings.debug", "x", "here: [settings] cannot have the name 'debug', did you mean DEBUG?"),
    ],
)
def test_a_mistake_says_where_and_what_was_wanted(name: str, text: str, problem: str) -> None:
    assert problem_of(name, text) == problem


@pytest.mark.parametrize("key", ["DEBUG", "INSTALLED_APPS +", "INSTALLED_APPS+", "DATABASES.default.NAME", "X.a b.0"])
def test_these_are_names_of_settings(key: str) -> None:
    assert merged(value(f"settings.{key}", "x")).problems == ()


def test_a_secret_is_in_no_repr_and_no_problem() -> None:
    secret = value("settings.DATABASES.default.PASSWORD", "hunter2", source="f:1")
    winner = merged(secret, value(f"settings.{secret.key}", "hunter3", Level.ENVIRONMENT)).values[
        "settings", secret.key
    ]
    for text in (repr(winner), winner.problem("x"), winner.shown):
        assert "hunter" not in text


@pytest.mark.parametrize(
    ("name", "level", "silent"),
    [
        ("settings.A", Level.SEALED, True),
        ("serve.bind", Level.COMMAND_LINE, True),
        ("settings.A", Level.ENVIRONMENT, False),
        ("env.A", Level.CREDENTIAL, False),
    ],
)
def test_a_setting_or_variable_from_outside_means_that_somebody_configured(
    name: str, level: Level, silent: bool
) -> None:
    assert merged(value(name, "x", level), present=False).is_silent is silent


def test_a_file_means_that_somebody_configured_even_if_it_is_empty() -> None:
    assert not merged().is_silent


def test_the_problems_of_a_file_come_in_the_order_of_its_lines() -> None:
    values = [value("serve.x", "1", source=f"/f.ini:{line}") for line in (10, 9, 100)]
    assert [line.partition(": ")[0] for line in merged(*values).problems] == ["/f.ini:9", "/f.ini:10", "/f.ini:100"]


@given(st.text())
def test_every_problem_has_a_place_in_the_order(problem: str) -> None:
    assert by_line(problem)[1] >= 0


def test_digits_that_are_no_numbers_do_not_count_as_lines() -> None:
    assert by_line("--set serve.x:²: unknown") == ("/", 0)
    assert by_line(f"environment PROJECT__SERVE__x:{'9' * 5000}: unknown") == ("/", 0)


def test_paths_come_as_paths() -> None:
    assert merged(value("static.root", "/srv/static")).get("static", "root") == Path("/srv/static")
