"""git is asked about the project, whatever the environment and the checkout's own settings say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from django_pyz import process
from django_pyz.files import git
from django_pyz.files.selection import EMPTY_SUBMODULE, select
from django_pyz.options import Options
from tests.build.trees import commit_all, write_tree
from tests.build.trees import git as run_git


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project in a repository."""
    root = write_tree(tmp_path / "shop", {"manage.py": "", "data.bin": "1", ".gitattributes": "*.bin filter=trap\n"})
    commit_all(root)
    return root


def test_the_repository_of_a_hook_is_not_taken_for_the_project_s(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_tree(tmp_path / "other", {"secret-notes.txt": ""})
    commit_all(other)
    revision = run_git(root, "rev-parse", "HEAD").strip()
    variables = {"GIT_DIR": ".git", "GIT_WORK_TREE": "", "GIT_INDEX_FILE": ".git/index", "GIT_PREFIX": ""}
    for name, place in variables.items():
        monkeypatch.setenv(name, str(other / place))

    tracked = git.tracked(root)

    assert tracked is not None
    assert tracked.names == {"manage.py", "data.bin", ".gitattributes"}
    assert git.commit(root) == revision
    assert not variables.keys() & process.clean_environment().keys()
    git.clone_history(root, write_tree(tmp_path / "copy", {"x": ""}))
    inside = process.run(["git", "rev-parse", "HEAD"], "look", folder=tmp_path / "copy")
    assert inside.strip() == revision


def test_no_program_that_a_checkout_names_in_its_settings_is_run(root: Path, tmp_path: Path) -> None:
    library = write_tree(
        tmp_path / "library", {"code.py": "", "data.bin": "1", ".gitattributes": "*.bin filter=trap\n"}
    )
    commit_all(library)
    run_git(root, "submodule", "add", "--quiet", str(library), "library")
    run_git(root, "commit", "--quiet", "--message=Library")
    trap = write_tree(tmp_path, {"trap": f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n"}) / "trap"
    trap.chmod(0o755)
    hooks = write_tree(tmp_path / "hooks", {})
    for hook in ("post-index-change", "post-checkout", "reference-transaction", "fsmonitor-watchman"):
        (hooks / hook).symlink_to(trap)
    names = ("core.fsmonitor", "filter.trap.clean", "filter.trap.smudge", "filter.trap.process")
    for checkout in (root, root / "library"):
        for name in names:
            run_git(checkout, "config", name, str(trap))
        run_git(checkout, "config", "core.hooksPath", str(hooks))
        run_git(checkout, "config", "filter.trap.required", "true")
        (checkout / "data.bin").write_text("2")

    select(root, Options())
    revision = git.commit(root)
    git.clone_history(root, write_tree(tmp_path / "copy", {"x": ""}))

    assert revision.endswith("+changes")
    assert not (tmp_path / "sprung").exists()
    subprocess.run(["git", "status"], cwd=root, check=False, capture_output=True)
    assert (tmp_path / "sprung").exists(), "the trap works"


def test_a_change_in_a_submodule_is_told(root: Path, tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path / "library", {"code.py": ""}))
    run_git(root, "submodule", "add", "--quiet", str(tmp_path / "library"), "library")
    run_git(root, "commit", "--quiet", "--message=Library")
    assert not git.commit(root).endswith("+changes")

    write_tree(root, {"library/code.py": "changed"})

    assert git.commit(root).endswith("+changes")


def test_a_submodule_that_was_not_fetched_is_told(root: Path, tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path / "library", {"code.py": ""}))
    run_git(root, "submodule", "add", "--quiet", str(tmp_path / "library"), "vendor/library")
    run_git(root, "commit", "--quiet", "--message=Library")
    run_git(tmp_path, "clone", "--quiet", str(root), "clone")

    assert EMPTY_SUBMODULE not in select(root, Options()).exclusions.values()
    assert select(tmp_path / "clone", Options()).exclusions["vendor/library/"] == EMPTY_SUBMODULE
