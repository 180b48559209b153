"""Running commands."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from django_pyz import process
from django_pyz_runtime.errors import UserError


def _python(code: str, *, hint: str = "", folder: Path | None = None, env: dict[str, str] | None = None) -> str:
    return process.run([sys.executable, "-c", code], "count the beans", hint=hint, folder=folder, env=env)


def test_what_a_command_prints_is_returned() -> None:
    assert _python("print('ten')") == "ten\n"


def test_it_runs_in_the_folder_and_the_environment_given(tmp_path: Path) -> None:
    code = "import os; print(os.getcwd(), os.environ['BEANS'], 'HOME' in os.environ)"

    assert _python(code, folder=tmp_path, env={"BEANS": "3"}) == f"{tmp_path} 3 False\n"


def test_a_failure_tells_what_for_and_what_the_command_said() -> None:
    with pytest.raises(UserError) as caught:
        _python("print('beans'); raise SystemExit('no more\\nat all')", hint="Buy some.")

    name = Path(sys.executable).name
    assert caught.value.problem == f"cannot count the beans: {name} ended with code 1:\n  no more\n  at all"
    assert caught.value.hint == "Buy some."


def test_a_failure_that_says_nothing_on_standard_error_shows_standard_output() -> None:
    with pytest.raises(UserError, match=r"(?m)ended with code 3:\n  beans$"):
        _python("print('beans'); raise SystemExit(3)")


def test_of_a_long_story_the_end_is_shown() -> None:
    with pytest.raises(UserError) as caught:
        _python("raise SystemExit('\\n'.join(map(str, range(1000))))")

    lines = caught.value.problem.splitlines()[1:]
    assert [line.strip() for line in lines] == [str(number) for number in range(975, 1000)]


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(UserError, match=r"(?m)^cannot count: /no/such: no such file or directory$"):
        process.run(["/no/such"], "count")


def test_output_that_is_no_text_does_not_break_it() -> None:
    assert _python(r"import sys; sys.stdout.buffer.write(b'a\xff')") == "a�"


def test_a_clean_environment_keeps_all_but_what_is_for_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("BEANS", "3")

    clean = process.clean_environment(PYTHONHASHSEED="0", HOME="/home")

    assert (clean["BEANS"], clean["PYTHONHASHSEED"], clean["HOME"]) == ("3", "0", "/home")
    assert "PYTHONPATH" not in clean


def test_a_clean_environment_leaves_out_more_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP__SERVE__BIND", "x")
    monkeypatch.setenv("SHOP", "y")

    clean = process.clean_environment("SHOP__")

    assert (clean.get("SHOP"), clean.get("SHOP__SERVE__BIND")) == ("y", None)


def test_credentials_in_an_address_are_not_shown() -> None:
    said = "echo no match at https://me:pa55@index.example.org/simple git+ssh://git@example.org/x >&2; false"

    with pytest.raises(UserError, match=r"(?m)https://\*\*\*\*@index.example.org/simple git\+ssh://git@example.org/x$"):
        process.run(["/bin/sh", "-c", said], "install")


def test_credentials_with_an_at_sign_are_not_shown_either() -> None:
    with pytest.raises(UserError, match=r"(?m)https://\*\*\*\*@host/$"):
        process.run(["/bin/sh", "-c", "echo https://me@team:pa55@host/ >&2; false"], "install")


INNER = """\
  error: subprocess-exited-with-error

  Getting requirements to build wheel did not run successfully.
  ╰─> [1 lines of output]
      WARNING: it is neither a file nor a directory.
      WARNING: it is neither a file nor a directory.
      RuntimeError: libfoo is missing
      [end of output]
"""
OUTER = """\
error: subprocess-exited-with-error

Getting requirements to build wheel did not run successfully.
╰─> See above for output.

note: This error originates from a subprocess, and is likely not a problem with pip.
"""


def test_what_pip_says_twice_is_shown_once(tmp_path: Path) -> None:
    said = tmp_path / "said"
    said.write_text(INNER + "\n" + OUTER)

    with pytest.raises(UserError) as caught:
        process.run(["sh", "-c", f"cat {said} >&2; exit 1"], "install")

    assert caught.value.problem.count("subprocess-exited-with-error") == 1
    assert caught.value.problem.count("WARNING") == 1
    assert caught.value.problem.splitlines()[-2:] == [
        "        RuntimeError: libfoo is missing",
        "        [end of output]",
    ]
