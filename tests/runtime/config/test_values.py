"""Kinds of values."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_pyz_runtime.config import values
from django_pyz_runtime.config.values import Kind

CHOICE = values.choice("a", "b", "c")
WORDS_OF = values.words_of("x", "y")
AUTO = values.either("auto", values.POSITIVE)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (values.TEXT, "x y", "x y"),
        (values.BOOLEAN, "Yes", True),
        (values.BOOLEAN, "OFF", False),
        (values.BOOLEAN, "0", False),
        (values.POSITIVE, "1", 1),
        (values.SECONDS, "30", 30.0),
        (values.SECONDS, "1.5 h", 5400.0),
        (values.SECONDS, "500ms", 0.5),
        (values.SIZE, "100", 100),
        (values.SIZE, "10 M", 10 * 2**20),
        (values.SIZE, "1g", 2**30),
        (values.DURATION, "2d", timedelta(days=2)),
        (values.DURATION, "1w", timedelta(weeks=1)),
        (values.PATH, "/a b", Path("/a b")),
        (values.URL_PATH, "/-/live", "/-/live"),
        (values.ADDRESSES, "a:1, b.c:2,\n:80", ["a:1", "b.c:2", ":80"]),
        (values.ADDRESSES, '["a:1", "unix:/run/x y"]', ["a:1", "unix:/run/x y"]),
        (values.ADDRESSES, "[::1]:8000, fd://3", ["[::1]:8000", "fd://3"]),
        (CHOICE, "b", "b"),
        (WORDS_OF, "y, x", ["y", "x"]),
        (WORDS_OF, "", []),
        (AUTO, "auto", "auto"),
        (AUTO, "3", 3),
    ],
)
def test_a_text_that_fits_becomes_a_value(kind: Kind, text: str, expected: Any) -> None:
    found = kind.parse(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (values.TEXT, ""),
        (values.BOOLEAN, "maybe"),
        (values.BOOLEAN, ""),
        (values.POSITIVE, "0"),
        (values.POSITIVE, "-1"),
        (values.POSITIVE, "1.0"),
        (values.POSITIVE, "1234567890"),
        (values.SECONDS, "-1"),
        *((values.SIZE, text) for text in ("-1", "1.5g", "1gb", "g", "1234567890", "")),
        (values.SECONDS, "1y"),
        (values.SECONDS, "9" * 400),
        (values.DURATION, "999999999999w"),
        (values.PATH, "relative"),
        (values.PATH, "~nobody-of-this-name/x"),
        (values.PATH, ""),
        (values.URL_PATH, "live"),
        (values.URL_PATH, "/a?b"),
        (values.ADDRESSES, ""),
        (values.ADDRESSES, '["a:1", 1]'),
        (values.ADDRESSES, '["a"'),
        *((values.ADDRESSES, text) for text in ("a", "8000", "a:65536", "a:x", "a:1 b:2", "1:2:3", "unix:x", "fd://x")),
        (CHOICE, "A"),
        (WORDS_OF, "x, z"),
        (AUTO, "Auto"),
    ],
)
def test_a_text_that_does_not_fit_is_a_value_error(kind: Kind, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the text is not shown: it may be a secret)
        kind.parse(text)


@given(st.sampled_from([values.DURATION, values.PATH, values.ADDRESSES, values.BOOLEAN, AUTO]), st.text())
def test_nothing_but_value_errors_comes_of_any_text(kind: Kind, text: str) -> None:
    try:
        kind.parse(text)
    except ValueError:
        return


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/alice")
    assert values.PATH.parse("~/x") == Path("/home/alice/x")


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [(CHOICE, "a, b or c"), (WORDS_OF, "a list of x, y"), (AUTO, "auto or a whole number from 1")],
)
def test_a_kind_made_of_others_says_what_it_wants(kind: Kind, wanted: str) -> None:
    assert kind.wanted == wanted
