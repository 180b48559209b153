"""What a build has to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from django_pyz.dependencies.locks import requirements_files
from django_pyz.files import working_copy
from django_pyz.plan import make_plan
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
