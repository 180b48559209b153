"""What a build has to do."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from django_pyz.dependencies.locks import requirements_files
from django_pyz.files import working_copy
from django_pyz.plan import Plan, make_plan
from django_pyz_runtime.errors import UserError
from tests.build.trees import SMALL_PROJECT, commit_all, write_tree


@pytest.mark.parametrize("named", ["live.txt", "../outside/live.txt", "{}/outside/live.txt"])
def test_requirements_that_git_does_not_track_are_read_and_do_not_go_in(tmp_path: Path, named: str) -> None:
    root = write_tree(tmp_path / "shop", SMALL_PROJECT)
    commit_all(root)
    for folder in (root, tmp_path / "outside"):
        write_tree(folder, {"live.txt": "-r deps/base.txt\nsqlparse\n", "deps/base.txt": "Django\n"})
    wanted = (named.format(tmp_path),)

    plan = make_plan(root, tmp_path / "x.pyz", lambda options: replace(options, requirements=wanted))

    assert not {path.name for path in plan.selection.files} & {"live.txt", "base.txt"}
    files = (*plan.selection.files, *plan.selection.for_building)
    copy = working_copy.make(root, files, tmp_path / "source")
    read = requirements_files.read([copy / path for path in plan.found.source.files], copy)
    assert read.lines == ("Django", "sqlparse")


def _project(folder: Path) -> Path:
    """A project in git, with a file that git does not track."""
    root = write_tree(folder / "shop", SMALL_PROJECT)
    commit_all(root)
    return write_tree(root, {"notes.txt": "to be done\n"})


def _plan(root: Path, **given: Any) -> Plan:
    return make_plan(root, root.parent / "x.pyz", lambda options: replace(options, **given))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"build_config": "no.ini"}, "build-config: .*/shop/no.ini: found no such file"),
        ({"build_config": "myproj"}, "build-config: .*/shop/myproj: found no such file"),
        ({"include": ("no.pdf", "manage.py")}, "^include: no.pdf: found no such file in .*/shop\n"),
        ({"include": ("media/*.jpg",)}, r"include: media/\*.jpg: found no such file"),
        ({"requirements": ("no.txt",)}, "requirements: .*/shop/no.txt: found no such file"),
        ({"extra_paths": ("no",)}, "extra-paths: .*/shop/no: wanted a folder inside"),
        ({"build_env": ("NAME",)}, "build-env: wanted NAME=VALUE"),
    ],
)
def test_an_option_that_names_nothing_is_told(tmp_path: Path, given: dict[str, Any], problem: str) -> None:
    with pytest.raises(UserError) as caught:
        _plan(_project(tmp_path), **given)

    assert re.search(problem, str(caught.value))


@pytest.mark.parametrize("pattern", ["notes.txt", "*.txt", "myproj", "myproj/", "django/conf/locale/de/*.po"])
def test_an_include_that_names_something_will_do(tmp_path: Path, pattern: str) -> None:
    assert _plan(_project(tmp_path), include=(pattern,)).options.include == (pattern,)


def test_build_commands_may_make_what_is_included(tmp_path: Path) -> None:
    assert _plan(_project(tmp_path), include=("dist/app.js",), build_commands=("make",)).options.include
