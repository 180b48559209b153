"""The options before the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz_runtime.boot.arguments import Arguments, split
from django_pyz_runtime.errors import UserError


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], Arguments(None, (), [])),
        (["migrate", "--config", "x"], Arguments(None, (), ["migrate", "--config", "x"])),
        (["--config", "/a.ini", "check"], Arguments("/a.ini", (), ["check"])),
        (["--config=/a.ini", "--set=s.k=v=w"], Arguments("/a.ini", (("--set", "s.k=v=w"),), [])),
        (["--help"], Arguments(None, (), ["--help"])),
        (["--configure=x"], Arguments(None, (), ["--configure=x"])),
    ],
)
def test_options_are_taken_off_the_front_only(argv: list[str], expected: Arguments) -> None:
    assert split(argv) == expected


@pytest.mark.parametrize("argv", [["--config", "a.ini", "--set", "s.k=v", "runserve"], ["runserve", "--config=a.ini"]])
def test_a_relative_path_means_the_same_in_any_folder(
    argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = split(argv)
    monkeypatch.chdir("/")
    assert found.config == f"{tmp_path}/a.ini"
    assert split(found.words()) == found


def test_assignments_keep_their_order() -> None:
    found = split(["--set", "a.b=1", "--config", "f", "--set", "a.b=2", "run"])
    assert [text for _, text in found.assignments] == ["a.b=1", "a.b=2"]


@pytest.mark.parametrize("option", ["--config", "--set"])
def test_an_option_without_value_is_an_error_with_the_usage(option: str) -> None:
    with pytest.raises(UserError) as caught:
        split([option])
    assert caught.value.problems == (f"{option}: wanted a value after it, found nothing",)
    assert caught.value.hint.startswith("Usage:")


def test_the_given_list_stays_as_it_is() -> None:
    argv = ["--config", "a.ini", "check"]
    split(argv)
    assert argv == ["--config", "a.ini", "check"]


def test_what_follows_a_program_is_its_own() -> None:
    given = split(["pyz", "exec", "--set", "serve.threads=2", "celery", "--config", "x.py", "--set", "a.b=c"])

    assert given.command == ["pyz", "exec", "celery", "--config", "x.py", "--set", "a.b=c"]
    assert (given.config, [text for _, text in given.assignments]) == (None, ["serve.threads=2"])


def test_the_values_of_a_command_line_are_not_in_its_representation() -> None:
    found = split(["--set", "settings.SECRET_KEY=hunter2", "pyz", "exec", "x", "hunter2"])
    assert "settings.SECRET_KEY" in repr(found)
    assert "hunter2" not in repr(found)
