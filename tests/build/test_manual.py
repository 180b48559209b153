"""Completion and the man page of the build tool."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from django_pyz import cli
from django_pyz.manual import page, shared_files
from tests.write_etc import SHARE


def test_the_files_are_what_the_parser_makes() -> None:
    found = {
        str(path.relative_to(SHARE)): path.read_text(encoding="utf-8") for path in SHARE.rglob("*") if path.is_file()
    }
    made = shared_files(cli.tool_parser())
    assert found == made, "Write them again: PYTHONPATH=src python -m tests.write_etc"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("bui", "build"),
        ("package --r", "--rpm --revision"),
        ("build --compression ", "balanced deflate lzma stored"),
        ("completion ", "bash zsh fish"),
    ],
)
def test_bash_completes(words: str, expected: str) -> None:
    script = shared_files(cli.tool_parser())["bash-completion/completions/django-pyz"]
    program = 'COMP_WORDS=("${@:2}"); COMP_CWORD=$(($# - 2)); eval "$1"; _django_pyz; echo "${COMPREPLY[*]}"'
    command = ["bash", "-c", program, "bash", script, "django-pyz", *words.split(" ")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{expected}\n", "")


def test_the_tool_prints_the_script_that_it_is_installed_with(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", "fish"]) == 0
    assert capsys.readouterr().out == shared_files(cli.tool_parser())["fish/vendor_completions.d/django-pyz.fish"]


@pytest.mark.needs("mandoc", "groff")
def test_the_page_is_one_for_man(tmp_path: Path) -> None:
    file = tmp_path / "django-pyz.1"
    file.write_text(page(cli.tool_parser()), encoding="utf-8")
    lint = subprocess.run(["mandoc", "-Tlint", file], capture_output=True, text=True)
    # A day in it would change with each release of nothing else.
    assert [line for line in lint.stdout.splitlines() if "missing date" not in line] == []
    groff = subprocess.run(["groff", "-ww", "-man", "-Tutf8", "-z", file], capture_output=True, text=True)
    assert (groff.returncode, groff.stderr) == (0, "")


@pytest.mark.parametrize("words", [["--version"], ["build", "--version"], ["package", "--version"]])
def test_the_version_is_printed_everywhere(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert (ended.value.code, capsys.readouterr().out.startswith("django-pyz ")) == (0, True)


def test_a_misspelt_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["biuld"])
    assert capsys.readouterr().err.splitlines()[1:] == [
        "django-pyz: error: there is no 'biuld'. Did you mean build? `django-pyz --help` lists all."
    ]


@pytest.mark.parametrize("words", [["--help"], ["build", "--help"], ["package", "--help"]])
def test_help_fits_a_narrow_terminal(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    with pytest.raises(SystemExit):
        cli.main(words)
    lines = capsys.readouterr().out.partition("\n\n")[2].splitlines()
    assert [line for line in lines if len(line) > 40 and not line.strip().startswith("-")] == []
