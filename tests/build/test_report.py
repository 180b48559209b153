"""What a project may need besides."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz import report
from django_pyz.files import selection
from django_pyz.options import Options
from django_pyz.project import project
from tests.build.trees import SMALL_PROJECT, write_tree


def _notes(root: Path, files: dict[str, str], *commands: str) -> list[str]:
    write_tree(root, {**SMALL_PROJECT, **files})
    options = Options(build_commands=commands)
    return list(report.about_project(project.find(root, options, {}), selection.select(root, options), options))


def test_a_plain_project_needs_nothing_more(tmp_path: Path) -> None:
    assert _notes(tmp_path, {}) == []


def test_a_build_script_that_was_not_run_is_named(tmp_path: Path) -> None:
    files = {"web/package.json": '{"scripts": {"build:css": "make"}}'}

    (note,) = _notes(tmp_path, files)

    assert note.startswith("web/package.json has a build script, which was not run")
    assert _notes(tmp_path, files, "npm ci") == []


@pytest.mark.parametrize("text", ["{", "[]", '{"scripts": []}', '{"scripts": {"test": "x"}}'])
def test_a_package_without_a_build_script_is_nothing_to_speak_of(tmp_path: Path, text: str) -> None:
    assert _notes(tmp_path, {"package.json": text}) == []


def test_translations_that_nobody_compiled_are_counted(tmp_path: Path) -> None:
    files = {f"locale/{name}": "" for name in ("de/django.po", "fr/django.po", "es/django.po", "es/django.mo")}

    (note,) = _notes(tmp_path, files)

    assert note.startswith("2 translations are not compiled, as locale/de/django.po:")


def test_what_can_only_be_packed_as_nothing_is_told_once(tmp_path: Path) -> None:
    root = write_tree(tmp_path, SMALL_PROJECT)
    for number in range(10):
        (root / f"dead{number}").symlink_to("nowhere")
    (root / "null").symlink_to("/dev/null")

    found = list(report.about_files(selection.select(root, Options())))

    names = ", ".join(f"dead{number}" for number in range(8))
    assert found == [f"left out {names}, and 2 more: link to nothing", "left out null: device"]
