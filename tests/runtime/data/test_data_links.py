"""Paths beside the code that hold data."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
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


CHANGES = {
    "write": "(shop / 'data/read.txt').write_text('new')",
    "add": "with open(shop / 'data/read.txt', 'a') as file: file.write('new')",
    "write a relative path": "os.chdir(shop); Path('data/deep/read.txt').write_text('new')",
    "write what a link names": "(shop / 'data/link.txt').write_text('new')",
    "write where one is": "os.chdir(shop / 'data'); Path('read.txt').write_text('new')",
    "make": "(shop / 'data/deep/new.txt').write_text('new')",
    "make folders": "(shop / 'data/deep/a/b').mkdir(parents=True)",
    "remove": "(shop / 'data/deep/read.txt').unlink()",
    "remove by a descriptor": "os.unlink('read.txt', dir_fd=os.open(shop / 'data', os.O_RDONLY))",
    "remove a folder": "(shop / 'data/empty').rmdir()",
    "remove folders": "shutil.rmtree(shop / 'data/deep')",
    "rename": "os.replace(shop / 'data/deep/read.txt', shop / 'data/read.txt')",
    "link": "os.symlink('x', shop / 'data/deep/x'); os.link(shop / 'settings.py', shop / 'data/y')",
    "mode": "(shop / 'data/deep').chmod(0o700); (shop / 'data/read.txt').chmod(0o600)",
    "time": "os.utime(shop / 'data/read.txt', (0, 0)); (shop / 'data').joinpath('read.txt').touch()",
    "truncate": "os.truncate(shop / 'data/read.txt', 1)",
    "the path itself": "(shop.parent / 'secret.txt').write_text('new')",
    "database": """
connection = sqlite3.connect(shop / 'data/shop.db')
assert connection.execute('select * from t').fetchall() == [(1,)]
connection.execute('insert into t values (2)'); connection.commit()""",
    "database by its URI": """
connection = sqlite3.connect(f'file:{shop}/data/shop.db', uri=True)
connection.execute('create table u (x)'); connection.commit()""",
}
LOOK = """
import os, shutil, sqlite3, sys
from pathlib import Path
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.data.data_links import code_folder
data = Path(sys.argv[2])
shop = code_folder(Bundle.load("/usr/bin/shop", sys.argv[1], "b1"), data, may_write=False) / "__project__/shop"
"""


def _trace(folder: Path) -> dict[str, object]:
    """What a process can leave in a folder."""
    return {
        os.path.relpath(path, folder): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in [folder, *folder.rglob("*")]
    }


@pytest.fixture
def data(bundle: Bundle, tmp_path: Path) -> Path:
    """A data folder as a service has left it."""
    (bundle.site_packages / FILE_NAME).parent.chmod(0o755)
    (bundle.site_packages / FILE_NAME).write_text(bundle.manifest.to_json())
    data = tmp_path / "data"
    for folder in ("shop/data/deep", "shop/data/empty"):
        (data / folder).mkdir(parents=True)
    for name in ("secret.txt", "shop/data/read.txt", "shop/data/deep/read.txt"):
        (data / name).write_text("old")
    (data / "shop/data/link.txt").symlink_to("read.txt")
    with closing(sqlite3.connect(data / "shop/data/shop.db")) as connection:
        connection.executescript("create table t (x); insert into t values (1)")
    return data


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in CHANGES.items()])
def test_who_looks_changes_nothing_in_the_data_that_is_there(
    bundle: Bundle, data: Path, python: Python, code: str
) -> None:
    before = _trace(data)

    python(LOOK + code, str(bundle.site_packages), str(data))

    assert _trace(data) == before


def test_who_looks_sees_what_it_wrote_beside_what_was_there(bundle: Bundle, data: Path, python: Python) -> None:
    code = """
(shop / "data/deep/new.txt").write_text("new")
with open(shop / "data/read.txt", "a") as file:
    file.write(" and new")
(shop / "data/empty").rmdir()
print(*sorted(os.listdir(shop / "data")), *sorted(os.listdir(shop / "data/deep")))
print((shop / "data/read.txt").read_text(), (shop / "data/deep/read.txt").read_text())
"""
    assert python(LOOK + code, str(bundle.site_packages), str(data)).splitlines() == [
        "deep link.txt read.txt shop.db new.txt read.txt",
        "old and new old",
    ]


def test_who_looks_copies_no_large_files(bundle: Bundle, data: Path, python: Python) -> None:
    os.truncate(data / "shop/data/read.txt", 1 << 40)
    code = """
with open(shop / "data/read.txt", "a") as file:
    file.write("new")
print((shop / "data/read.txt").read_text())
"""

    assert python(LOOK + code, str(bundle.site_packages), str(data)) == "new\n"

    assert (data / "shop/data/read.txt").stat().st_size == 1 << 40


def test_who_looks_runs_no_code_of_others_that_it_has_changed(bundle: Bundle, data: Path, python: Python) -> None:
    module = data / "shop/data/deep/plug/in.py"
    module.parent.mkdir()
    module.touch()
    module.chmod(0o666)
    code = """
try:
    open(shop / "data/deep/plug/in.py", "a")
except Exception as error:
    print(error)
"""
    assert "is code: " in python(LOOK + code, str(bundle.site_packages), str(data))


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
