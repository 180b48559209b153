"""settings.ini, as bytes."""

from __future__ import annotations

import configparser
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from django_pyz_runtime.boot import ini
from django_pyz_runtime.boot.ini import Entry, Problem

PIECES = st.sampled_from(
    ["[a]", "[b]", "key", "=", " ", "\t", "\n", "\r\n", "#", ";", "%(x)s", "$", "é", "\0", ":", "]"]
)
WORD = st.text("abcXYZ_.%$é:[]#;=", min_size=1, max_size=6)
KEY = st.from_regex(r"[A-Za-z_][\w. +@]{0,8}[\w+]", fullmatch=True)
INDENT = st.sampled_from(["", " ", "    ", "\t"])


@st.composite
def entry_lines(draw: st.DrawFn, key: str) -> list[str]:
    """A key and its value, over several lines, with comments and empty lines in between."""
    indent = draw(INDENT)
    lines = [f"{indent}{key}{draw(INDENT)}={draw(INDENT)}{draw(WORD)}"]
    for more in draw(st.lists(st.one_of(WORD, st.sampled_from(["", "# comment", "; comment"])), max_size=4)):
        lines.append(f"{indent}{' ' * draw(st.integers(1, 3))}{more}" if more else draw(INDENT))
    return lines


@st.composite
def valid_files(draw: st.DrawFn) -> str:
    """The text of a file without mistakes."""
    lines = draw(st.lists(st.sampled_from(["", "# comment", "  ; comment"]), max_size=2))
    for section in draw(st.lists(st.from_regex(r"[A-Za-z][\w .]{0,6}\w", fullmatch=True), unique=True, max_size=3)):
        lines.append(f"[{section}]")
        for key in draw(st.lists(KEY, unique=True, max_size=4)):
            lines += draw(entry_lines(key))
    return draw(st.sampled_from(["\n", "\r\n", "\r"])).join(lines)


class CaseKeepingParser(configparser.RawConfigParser):
    """configparser, with keys whose case counts."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def configparser_entries(text: str) -> dict[tuple[str, str], str]:
    parser = CaseKeepingParser(
        delimiters=("=",),
        comment_prefixes=("#", ";"),
        inline_comment_prefixes=None,
        strict=True,
        interpolation=None,
        default_section="\0",
        empty_lines_in_values=True,
    )
    parser.read_file(io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8-sig"))
    return {(section, key): value for section in parser.sections() for key, value in parser.items(section)}


@given(valid_files())
@example("[a]\n  x = 1\n  y = 2\n")
@example("[a]\n  x = 1\n y = 2\n")
def test_a_valid_file_has_the_entries_that_configparser_reads(text: str) -> None:
    entries, problems = ini.read(text.encode())
    assert {(entry.section, entry.key): entry.text for entry in entries} == configparser_entries(text)
    assert problems == []


@given(st.one_of(st.binary(), st.lists(PIECES).map(lambda pieces: "".join(pieces).encode())))
def test_any_bytes_give_entries_and_problems_on_lines_that_exist(content: bytes) -> None:
    entries, problems = ini.read(content)
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    numbers = [problem.line for problem in problems]
    assert numbers == sorted(numbers)
    assert all(1 <= line <= lines for line in [*numbers, *(entry.line for entry in entries)])
    assert len({(entry.section, entry.key) for entry in entries}) == len(entries)


@given(valid_files())
def test_an_entry_knows_the_line_on_which_it_starts(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for entry in ini.read(text.encode())[0]:
        assert lines[entry.line - 1].partition("=")[0].strip() == entry.key


def test_percent_dollar_hash_and_semicolon_in_a_password_mean_themselves() -> None:
    entries, problems = ini.read(b"[env]\nPASSWORD = %(x)s$HOME;#=1 ; no comment\n")
    assert entries == [Entry("env", "PASSWORD", "%(x)s$HOME;#=1 ; no comment", 2)]
    assert problems == []


def test_the_case_of_keys_counts() -> None:
    assert [entry.key for entry in ini.read(b"[env]\nKey = 1\nKEY = 2\n")[0]] == ["Key", "KEY"]


def test_a_byte_order_mark_is_no_part_of_the_file() -> None:
    assert ini.read(b"\xef\xbb\xbf[env]\nA = 1\n") == ([Entry("env", "A", "1", 2)], [])


def test_a_section_called_default_is_like_any_other() -> None:
    assert ini.read(b"[DEFAULT]\na = 1\n[env]\n")[0] == [Entry("DEFAULT", "a", "1", 2)]


def test_a_value_goes_on_over_indented_lines_and_past_comments() -> None:
    content = b"[settings]\nALLOWED_HOSTS = a\n  b\n# note\n\n  c\nDEBUG = no\n"
    assert [entry.text for entry in ini.read(content)[0]] == ["a\nb\n\nc", "no"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a = 1", Problem(1, "wanted a [section] first")),
        (b"[a]\nkey", Problem(2, "wanted `key = value`, found no `=`")),
        (b"[a]\n= 1", Problem(2, "wanted `key = value`, found no key")),
        (b"[]", Problem(1, "wanted a [section] first")),
        (b"[a]\nx = 1\nx = 2", Problem(3, "this key is already on line 2 of [a]")),
        (b"[a]\n[b]\n[a]", Problem(3, "the section [a] is already on line 1: put them together")),
        (b"[a]\nx = \0", Problem(2, "a NUL character")),
        (b"[a]\nx = 1\n  \0", Problem(3, "a NUL character")),
        (b"[a]\nx = 1\ny = \xff", Problem(3, "wanted text in UTF-8, found the byte 0xff")),
    ],
)
def test_a_mistake_is_told_with_its_line(content: bytes, problem: Problem) -> None:
    assert ini.read(content)[1] == [problem]


def test_after_a_duplicate_the_first_value_stays_and_the_rest_is_read() -> None:
    entries, _ = ini.read(b"[a]\nx = 1\nx = 2\n  3\ny = 4\n")
    assert entries == [Entry("a", "x", "1", 2), Entry("a", "y", "4", 5)]


@pytest.mark.parametrize("line", ["SECRET_KEY: hunter2", "SECRET_KEY:hunter2", "SECRET_KEY hunter2", "x://u:hunter2@h"])
def test_a_line_without_equals_sign_does_not_show_its_secret(line: str) -> None:
    _, [problem] = ini.read(f"[settings]\n{line}\n".encode())
    assert "hunter2" not in problem.text
