"""What a project may need besides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from django_pyz.files import selection
from django_pyz.options import Options, read_table
from django_pyz.project import project
from django_pyz.report import notes
from tests.build.trees import SMALL_PROJECT, commit_all, write_tree
from tests.small_bundle import MANIFEST, write_small

NO_OPTIONS = Options(name="shop")


def _notes(root: Path, files: dict[str, str], *commands: str) -> list[str]:
    write_tree(root, {**SMALL_PROJECT, **files})
    options = Options(name="shop", build_commands=commands)
    return list(notes.about_project(project.find(root, options, {}), selection.select(root, options), options))


def test_a_plain_project_needs_nothing_more(tmp_path: Path) -> None:
    assert _notes(tmp_path, {}) == []


def test_a_build_script_that_was_not_run_is_named(tmp_path: Path) -> None:
    files = {"web/package.json": '{"scripts": {"build:css": "make"}}'}

    (note,) = _notes(tmp_path, files)

    assert note.startswith("web/package.json has a front-end step, which was not run")
    assert note.endswith('--build-commands "cd web && npm install && npm run build:css"')
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


def test_a_name_that_is_only_the_folder_s_is_pinned_by_what_the_note_says(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop-3", SMALL_PROJECT)
    options = Options()
    (note,) = notes.about_project(project.find(root, options, {}), selection.select(root, options), options)
    told = re.search(r"add (.+) below (.+) in (.+)$", note)
    assert told

    Path(told[3]).write_text(f"{told[2]}\n{told[1]}\n")
    elsewhere = root.rename(tmp_path / "shop-4")

    assert project.find(elsewhere, read_table(elsewhere / "pyproject.toml"), {}).name == "shop-3"


@pytest.mark.parametrize("table", ["project", "tool.poetry"])
def test_the_project_s_own_name_is_taken_before_the_folder_s(tmp_path: Path, table: str) -> None:
    root = write_tree(tmp_path / "checkout", {**SMALL_PROJECT, "pyproject.toml": f'[{table}]\nname = "shop"\n'})

    assert _notes(root, {}) == []
    assert project.find(root, Options(), {}).name == "shop"


def test_a_rename_is_told_before_its_data_is_missed(tmp_path: Path) -> None:
    assert list(notes.about_output(tmp_path / "none", "shop")) == []
    output = write_small(tmp_path, manifest=MANIFEST._replace(name="old"))

    (note,) = notes.about_output(output, "shop")

    assert "--name old" in note
    assert list(notes.about_output(output, "old")) == []
