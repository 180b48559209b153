"""What a project may need besides."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz import notes
from django_pyz.files import selection
from django_pyz.options import Options
from django_pyz.project import project
from tests.build.trees import SMALL_PROJECT, commit_all, write_tree

NO_OPTIONS = Options()


def _notes(root: Path, files: dict[str, str], *commands: str) -> list[str]:
    write_tree(root, {**SMALL_PROJECT, **files})
    options = Options(build_commands=commands)
    return list(notes.about_project(project.find(root, options, {}), selection.select(root, options), options))


def test_a_plain_project_needs_nothing_more(tmp_path: Path) -> None:
    assert _notes(tmp_path, {}) == []


def test_a_build_script_that_was_not_run_is_named(tmp_path: Path) -> None:
    files = {"web/package.json": '{"scripts": {"build:css": "make"}}'}

    (note,) = _notes(tmp_path, files)

    assert note.startswith("web/package.json has a build script, which was not run")
    assert _notes(tmp_path, files, "npm ci") == []


@pytest.mark.parametrize(
    ("path", "more", "is_own"),
    [
        ("package.json", '"repository": "x/y"', True),
        ("web/package.json", '"repository": "x/y", "private": true', True),
        ("web/package.json", '"version": "1"', True),
        ("lib/jquery/package.json", '"repository": "x/y"', False),
        ("shop/static/shop/tinymce/package.json", '"private": true', False),
        ("third-party/chart/package.json", '"version": "1"', False),
    ],
)
def test_the_package_of_somebody_else_is_ready_for_use(tmp_path: Path, path: str, more: str, is_own: bool) -> None:
    files = {path: f'{{"scripts": {{"build": "make"}}, {more}}}'}
    assert len(_notes(tmp_path, files)) == is_own


@pytest.mark.parametrize("text", ["{", "[]", '{"scripts": []}', '{"scripts": {"test": "x"}}'])
def test_a_package_without_a_build_script_is_nothing_to_speak_of(tmp_path: Path, text: str) -> None:
    assert _notes(tmp_path, {"package.json": text}) == []


def test_translations_that_nobody_compiled_are_counted(tmp_path: Path) -> None:
    names = ("de/django.po", "fr/djangojs.po", "es/django.po", "es/django.mo", "de/documentation.po")
    root = write_tree(tmp_path, {**SMALL_PROJECT, **{f"locale/{name}": "" for name in names}})

    (note,) = notes.about_translations(selection.select(root, NO_OPTIONS))

    assert note.startswith("2 translations are not compiled, as locale/de/django.po:")


def test_translations_that_the_build_commands_compiled_are_not(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {**SMALL_PROJECT, ".gitignore": "*.mo\n", "locale/de/django.po": ""})
    commit_all(root)
    chosen = selection.select(root, NO_OPTIONS)
    copy = write_tree(tmp_path / "copy", {**SMALL_PROJECT, "locale/de/django.po": "", "locale/de/django.mo": ""})

    assert len(list(notes.about_translations(chosen))) == 1
    assert list(notes.about_translations(selection.add_build_output(chosen, copy, NO_OPTIONS))) == []


def test_what_can_only_be_packed_as_nothing_is_told_once(tmp_path: Path) -> None:
    root = write_tree(tmp_path, SMALL_PROJECT)
    for number in range(10):
        (root / f"dead{number}").symlink_to("nowhere")
    (root / "null").symlink_to("/dev/null")

    found = list(notes.about_files(selection.select(root, Options())))

    names = ", ".join(f"dead{number}" for number in range(8))
    assert found == [f"left out {names}, and 2 more: link to nothing", "left out null: device"]
