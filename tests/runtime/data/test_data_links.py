"""Paths beside the code that hold data."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from django_pyz_runtime.boot.releases import remove
from django_pyz_runtime.bundle.bundle import STAGED, Bundle
from django_pyz_runtime.bundle.manifest import FILE_NAME, PROJECT_FOLDER, Manifest
from django_pyz_runtime.data.data_links import code_folder
from django_pyz_runtime.errors import UserError
from tests.runtime.conftest import Python


@pytest.fixture
def bundle(tmp_path: Path, manifest: Manifest) -> Bundle:
    """A read-only tree of a project that writes a key and a folder beside its code."""
    tree = tmp_path / "trees" / "b1" / "site-packages"
    project = tree.parent / PROJECT_FOLDER
    tree.mkdir(parents=True)
    (project / "shop").mkdir(parents=True)
    (project / "shop" / "settings.py").write_text("X = 1\n")
    for folder in (project / "shop", project, tree, tree.parent):
        folder.chmod(0o555)
    return Bundle(Path("/usr/bin/shop"), tree, "b1", manifest._replace(data_paths=("secret.txt", "shop/data/")))


def test_a_project_without_them_runs_from_the_tree(bundle: Bundle, manifest: Manifest, tmp_path: Path) -> None:
    assert code_folder(bundle._replace(manifest=manifest), tmp_path / "data") == bundle.root


def test_they_become_links_into_the_data_folder(bundle: Bundle, tmp_path: Path) -> None:
    project = code_folder(bundle, tmp_path / "data") / PROJECT_FOLDER

    (project / "secret.txt").write_text("key")
    (project / "shop" / "data" / "x.txt").write_text("x")

    assert (tmp_path / "data" / "secret.txt").read_text() == "key"
    assert (tmp_path / "data" / "shop" / "data" / "x.txt").read_text() == "x"
    assert (project / "shop" / "settings.py").read_text() == "X = 1\n"


def test_all_else_is_as_read_only_as_the_tree(bundle: Bundle, tmp_path: Path) -> None:
    copy = code_folder(bundle, tmp_path / "data")

    folders = [Path(folder) for folder, _, _ in os.walk(copy)]
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o555}


def test_each_data_folder_has_a_copy_of_its_own_made_once(bundle: Bundle, tmp_path: Path) -> None:
    first = code_folder(bundle, tmp_path / "one")
    made = first.stat().st_ino

    assert code_folder(bundle, tmp_path / "two") != first
    assert code_folder(bundle, tmp_path / "one").stat().st_ino == made


def test_looking_leaves_no_trace_and_needs_none(bundle: Bundle, tmp_path: Path, python: Python) -> None:
    (bundle.site_packages / FILE_NAME).parent.chmod(0o755)
    (bundle.site_packages / FILE_NAME).write_text(bundle.manifest.to_json())
    code = """
import sys
from pathlib import Path
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.data.data_links import code_folder
folder = code_folder(Bundle.load("/usr/bin/shop", sys.argv[1], "b1"), Path(sys.argv[2]), may_write=False)
(folder / "__project__/shop/data/logs").mkdir()
(folder / "__project__/secret.txt").write_text("key")
print(folder, (folder / "__project__/shop/settings.py").exists())
"""
    folder, has_code = python(code, str(bundle.site_packages), str(tmp_path / "data")).split()

    assert has_code == "True"
    assert not Path(folder).parent.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["trees"]
    assert sorted(path.name for path in (tmp_path / "trees").iterdir()) == ["b1"]
    assert not (bundle.project_folder / "shop/data").exists()


def test_who_looks_reads_the_data_that_is_there(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/secret.txt").write_text("key")
    project = code_folder(bundle, tmp_path / "data", may_write=False) / PROJECT_FOLDER

    assert (project / "secret.txt").read_text() == "key"
    assert not os.path.realpath(project / "shop/data").startswith(str(tmp_path / "data"))


def test_what_was_made_in_the_tree_since_is_no_obstacle(bundle: Bundle, tmp_path: Path) -> None:
    shop = bundle.project_folder / "shop"
    shop.chmod(0o755)
    (shop / "data/logs").mkdir(parents=True)
    shop.chmod(0o555)

    project = code_folder(bundle, tmp_path / "data") / PROJECT_FOLDER

    assert (project / "shop/data").is_symlink()


def test_a_copy_that_others_could_have_written_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    copy = code_folder(bundle, tmp_path / "data")
    copy.chmod(0o777)

    with pytest.raises(UserError, match=rf"^not using {copy}: {copy} can be written by other users") as caught:
        code_folder(bundle, tmp_path / "data")
    assert caught.value.hint == "Remove it: the next start makes it."
    remove(str(copy))
    assert code_folder(bundle, tmp_path / "data") == copy


def test_a_place_that_cannot_be_written_is_told(bundle: Bundle, tmp_path: Path) -> None:
    gone = bundle.site_packages.parent.parent
    gone.rename(tmp_path / "moved")

    with pytest.raises(UserError, match=r"the code with links to .*/data cannot be kept there") as caught:
        code_folder(bundle, tmp_path / "data")
    assert "as the user who owns that folder" in caught.value.hint


def test_a_tree_that_is_being_built_has_no_links(bundle: Bundle, tmp_path: Path) -> None:
    staged = bundle._replace(build_id=STAGED)

    assert code_folder(staged, tmp_path / "data") == bundle.site_packages


@pytest.mark.parametrize("name", ["one.py", "one.pyc", "one.cpython-311-x86_64-linux-gnu.so"])
def test_a_module_among_the_data_that_others_could_have_written_is_refused(
    bundle: Bundle, tmp_path: Path, name: str
) -> None:
    module = tmp_path / "data" / "shop" / "data" / "plugins" / name
    module.parent.mkdir(parents=True)
    module.touch(0o666)
    module.chmod(0o666)

    with pytest.raises(UserError, match=rf"^{module} is code: {module} can be written by other users") as caught:
        code_folder(bundle, tmp_path / "data")
    subprocess.run(["sh", "-c", caught.value.hint], check=True)
    assert code_folder(bundle, tmp_path / "data") != bundle.root
