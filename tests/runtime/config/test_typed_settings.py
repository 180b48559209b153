"""Settings from text, typed by what they replace."""

from __future__ import annotations

import copy
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import global_settings
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from django_pyz_runtime.config.configuration import Level, Value
from django_pyz_runtime.config.typed_settings import apply

SAMPLES: list[Any] = [None, True, 1, 1.5, "x", timedelta(1), Path("/x"), ["x"], ("x",), [1], {"x"}, {"x": 1}, object()]


def value(key: str, text: str) -> Value:
    return Value("settings", key, text, Level.FILE, "f.ini:1")


def applied(namespace: dict[str, Any], key: str, text: str) -> dict[str, Any]:
    assert list(apply(namespace, [value(key, text)], global_settings)) == []
    return namespace


def problem(namespace: dict[str, Any], key: str, text: str) -> str:
    [found] = apply(namespace, [value(key, text)], global_settings)
    return found


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (True, "no", False),
        (0, "60", 60),
        (0o644, "0o600", 0o600),
        (1.5, "2", 2.0),
        ("x", "007", "007"),
        (gettext_lazy("x"), "y", "y"),
        (timedelta(seconds=1), "2h", timedelta(hours=2)),
        (Path("/a"), "/b", Path("/b")),
        (["a"], "b, c", ["b", "c"]),
        (["a"], "", []),
        (["a"], '["b,c"]', ["b,c"]),
        ([], "[::1], localhost", ["[::1]", "localhost"]),
        (("a",), "b\nc", ("b", "c")),
        ({"a"}, "b", {"b"}),
        (frozenset("a"), "b", frozenset("b")),
        ([1], "2, 3", [2, 3]),
        ([Path("/a")], "/b", [Path("/b")]),
        ([("a", "A")], '[["b", "B"]]', [("b", "B")]),
        ({"a": 1}, '{"b": 2}', {"b": 2}),
        (None, "60", 60),
        (None, "plain text", "plain text"),
        (None, '["X", "https"]', ["X", "https"]),
        (None, "['X', None, True]", ["X", None, True]),
        (None, "{'a': (1, 2)}", {"a": (1, 2)}),
        (["a"], "['b', 'c']", ["b", "c"]),
        (("a",), "('b', 'c')", ("b", "c")),
        ({"a": 1}, "{'a': None}", {"a": None}),
        (1, "None", None),
        ("x", "None", None),
        ("x", '"None"', "None"),
        (["a"], "null", None),
        ({"a": 1}, "None", None),
    ],
)
def test_a_text_takes_the_type_of_the_value_it_replaces(before: Any, text: str, after: Any) -> None:
    found = applied({"X": before}, "X", text)["X"]
    assert (found, type(found)) == (after, type(after))


@pytest.mark.parametrize(
    ("before", "text", "wanted"),
    [
        (True, "2", "true or false"),
        (1, "one", "a whole number"),
        (1, "", "a whole number"),
        (1.5, "x", "a number"),
        (timedelta(1), "soon", "seconds, or a duration such as 30s or 5m"),
        (timedelta(1), "999999999999w", "seconds, or a duration such as 30s or 5m"),
        (Path("/a"), "~nobody-of-this-name/x", "a path"),
        (["a"], "[x", "a list, separated by commas or lines, or a JSON array"),
        ({"a"}, "[[1]]", "a list, separated by commas or lines, or a JSON array"),
        ([1], "x", "a list, separated by commas or lines, or a JSON array"),
        ({}, "[]", "a JSON object"),
        ({}, "x", "a JSON object"),
        (print, "x", "another place: a builtin_function_or_method can be set in local_settings only"),
    ],
)
def test_a_text_that_does_not_fit_is_told_and_the_value_stays(before: Any, text: str, wanted: str) -> None:
    namespace = {"X": before}
    assert problem(namespace, "X", text) == f"f.ini:1: [settings] X: wanted {wanted}, found {text!r}"
    assert namespace == {"X": before}


@given(st.sampled_from(SAMPLES), st.text(), st.sampled_from(["X", "X+", "X.0", "X.a", "X.a.b", "X.²"]))
def test_any_text_is_taken_or_told(before: Any, text: str, key: str) -> None:
    namespace = {"X": before}
    problems = list(apply(namespace, [value(key, text)], SimpleNamespace()))
    assert len(problems) <= 1


def test_a_setting_that_the_project_does_not_have_is_typed_by_djangos_default() -> None:
    assert applied({}, "EMAIL_PORT", "2525") == {"EMAIL_PORT": 2525}
    assert applied({}, "USE_TZ", "off") == {"USE_TZ": False}


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("True", True),
        ("False", False),
        ("FALSE", False),
        ("false", False),
        ("None", None),
        ("null", None),
        ("60", 60),
        ("-1", -1),
        ("0.5", 0.5),
        ("1.10", "1.10"),
        ("1e10", "1e10"),
        ("007", "007"),
        ("NaN", "NaN"),
        ('"60"', "60"),
        ("yes", "yes"),
        ("(not closed", "(not closed"),
        ("[" * 5000, "[" * 5000),
    ],
)
@pytest.mark.parametrize("before", [{}, {"CHOICE": None}], ids=["not there", "None"])
def test_pythons_words_and_json_are_understood_where_there_is_no_type(
    text: str, after: Any, before: dict[str, Any]
) -> None:
    found = applied(dict(before), "CHOICE", text)["CHOICE"]
    assert (found, type(found)) == (after, type(after))


@pytest.mark.parametrize(
    ("text", "after"), [("12345", "12345"), ("[1]", "[1]"), ("0.5", "0.5"), ("None", None), ("false", False)]
)
@pytest.mark.parametrize("key", ["SERVICE_API_KEY", "SENTRY_DSN", "CACHES.default.OPTIONS.PASSWORD"])
def test_a_secret_is_text(key: str, text: str, after: Any) -> None:
    found: Any = applied({"CACHES": {"default": {"OPTIONS": {}}}}, key, text)
    for part in key.split("."):
        found = found[part]
    assert found == after


@pytest.mark.parametrize(
    ("key", "text", "after"),
    [
        ("FILE_UPLOAD_PERMISSIONS", "640", 0o640),
        ("FILE_UPLOAD_PERMISSIONS", "0640", 0o640),
        ("FILE_UPLOAD_PERMISSIONS", "0o640", 0o640),
        ("FILE_UPLOAD_PERMISSIONS", "None", None),
        ("FILE_UPLOAD_DIRECTORY_PERMISSIONS", "750", 0o750),
        ("SECURE_PROXY_SSL_HEADER", "HTTP_X_FORWARDED_PROTO, https", ("HTTP_X_FORWARDED_PROTO", "https")),
        ("SECURE_PROXY_SSL_HEADER", '["HTTP_X_FORWARDED_PROTO", "https"]', ("HTTP_X_FORWARDED_PROTO", "https")),
        ("SECURE_PROXY_SSL_HEADER", "('HTTP_X_FORWARDED_PROTO', 'https')", ("HTTP_X_FORWARDED_PROTO", "https")),
        ("SECURE_PROXY_SSL_HEADER", "None", None),
        ("ADMINS", '[["Ann", "ann@example.org"]]', [("Ann", "ann@example.org")]),
        ("EMAIL_TIMEOUT", "10", 10),
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", "None", None),
        ("SECURE_REFERRER_POLICY", "None", None),
        ("SESSION_COOKIE_SAMESITE", "None", "None"),
        ("CSRF_COOKIE_DOMAIN", "1", "1"),
        ("LOGGING_CONFIG", "None", None),
    ],
)
def test_a_setting_of_djangos_has_the_type_that_django_documents(key: str, text: str, after: Any) -> None:
    found = applied({}, key, text)[key]
    assert (found, type(found)) == (after, type(after))


@pytest.mark.parametrize(
    ("key", "text", "wanted"),
    [
        ("FILE_UPLOAD_PERMISSIONS", "rw-r-----", "a file mode such as 640 or 0o640"),
        ("FILE_UPLOAD_PERMISSIONS", "680", "a file mode such as 640 or 0o640"),
        ("SECURE_PROXY_SSL_HEADER", "https", "two texts, separated by a comma, or a JSON array of two"),
        ("EMAIL_TIMEOUT", "soon", "a whole number"),
        ("DEBUG", "None", "true or false"),
    ],
)
def test_what_django_would_not_take_is_told(key: str, text: str, wanted: str) -> None:
    assert problem({}, key, text) == f"f.ini:1: [settings] {key}: wanted {wanted}, found {text!r}"


def test_a_misspelled_setting_is_told_with_the_right_one() -> None:
    namespace: dict[str, Any] = {}
    assert (
        problem(namespace, "ALLOWED_HOST", "x")
        == "f.ini:1: [settings] ALLOWED_HOST: unknown, did you mean ALLOWED_HOSTS?"
    )
    assert namespace == {}


def test_a_setting_of_an_app_that_nobody_knows_is_set() -> None:
    assert applied({}, "CELERY_BROKER_URL", "redis://h") == {"CELERY_BROKER_URL": "redis://h"}


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (["a"], "b, a", ["a", "b"]),
        (("a",), "b", ("a", "b")),
        ({"a"}, "b", {"a", "b"}),
        ({"a": 1, "b": 1}, '{"b": 2}', {"a": 1, "b": 2}),
    ],
)
@pytest.mark.parametrize("key", ["X+", "X +"])
def test_plus_adds_to_what_is_there(key: str, before: Any, text: str, after: Any) -> None:
    kept = copy.copy(before)
    assert applied({"X": before}, key, text)["X"] == after
    assert before == kept


def test_plus_with_something_else_is_told() -> None:
    assert problem({"X": 1}, "X +", "2") == "f.ini:1: [settings] X: wanted += with a list or dictionary, found '2'"


def test_a_dotted_name_reaches_inside_and_leaves_the_rest() -> None:
    databases = {"default": {"ENGINE": "e", "CONN_MAX_AGE": 0}, "other": {}}
    found = applied({"DATABASES": databases}, "DATABASES.default.CONN_MAX_AGE", "60")["DATABASES"]
    assert found == {"default": {"ENGINE": "e", "CONN_MAX_AGE": 60}, "other": {}}
    assert databases["default"]["CONN_MAX_AGE"] == 0


def test_a_number_reaches_inside_a_list() -> None:
    found = applied({"TEMPLATES": [{"DIRS": ["/a"]}]}, "TEMPLATES.0.DIRS+", "/b")
    assert found["TEMPLATES"] == [{"DIRS": ["/a", "/b"]}]


def test_what_is_missing_on_the_way_is_made() -> None:
    assert applied({}, "MY.deep.key", "1") == {"MY": {"deep": {"key": 1}}}


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("L.1", "a number below 1 after L"),
        ("L.x", "a number below 1 after L"),
        ("L.²", "a number below 1 after L"),
        ("D.a.b", "a name inside a dictionary or list, but D.a is a int"),
        ("N.x", "a name inside a dictionary or list, but N is a int"),
    ],
)
def test_a_name_that_leads_nowhere_is_told(key: str, wanted: str) -> None:
    assert f": wanted {wanted}, found '2'" in problem({"L": [1], "D": {"a": 1}, "N": 1}, key, "2")


@pytest.mark.parametrize(
    ("key", "text", "after"),
    [
        ("PASSWORD", "12345", "12345"),
        ("PORT", "5432", "5432"),
        ("CONN_MAX_AGE", "60", 60),
        ("ATOMIC_REQUESTS", "yes", True),
    ],
)
def test_what_a_database_leaves_out_is_typed_as_django_takes_it(key: str, text: str, after: Any) -> None:
    found = applied({"DATABASES": {"default": {}}}, f"DATABASES.default.{key}", text)
    assert found["DATABASES"]["default"] == {key: after}


def test_a_database_url_keeps_the_options_of_the_same_engine() -> None:
    before = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x", "CONN_MAX_AGE": 60}}
    after = applied({"DATABASES": before}, "DATABASES.default", "postgres://u@h/n")["DATABASES"]["default"]
    assert (after["NAME"], after["HOST"], after["CONN_MAX_AGE"]) == ("n", "h", 60)


def test_a_database_url_of_another_engine_keeps_nothing() -> None:
    before = {"default": {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {"timeout": 5}}}
    after = applied({"DATABASES": before}, "DATABASES.default", "postgres://u@h/n")["DATABASES"]["default"]
    assert (after["ENGINE"], "OPTIONS" in after) == ("django.db.backends.postgresql", False)


def test_a_database_url_that_is_none_is_told_without_its_password() -> None:
    found = problem({"DATABASES": {}}, "DATABASES.default", "postgers://u:hunter2@h/n")
    assert "wanted a database URL (SCHEME://" in found
    assert "hunter2" not in found


def test_values_are_applied_in_their_order_and_past_mistakes() -> None:
    namespace: dict[str, Any] = {"A": ["a"], "N": 1}
    values = [value("A", "b"), value("N", "x"), value("A +", "c"), value("N", "2")]
    assert len(list(apply(namespace, values, global_settings))) == 1
    assert namespace == {"A": ["b", "c"], "N": 2}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("DATABASES.default.NAME", "x"),
        ("CACHES.default.LOCATION", "x"),
        ("STORAGES.default.BACKEND", "x"),
        ("PASSWORD_HASHERS +", "x"),
        ("ALLOWED_HOSTS +", "x"),
        ("LANGUAGES.0", "x"),
    ],
)
def test_djangos_own_defaults_stay_as_they_are(key: str, text: str) -> None:
    before = {name: copy.deepcopy(getattr(global_settings, name)) for name in dir(global_settings) if name.isupper()}
    applied({}, key, text)
    assert {name: getattr(global_settings, name) for name in before} == before
