"""Filling the tree, and taking out what differs from build to build."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import django_pyz_runtime
from django_pyz.files.working_copy import copy_files
from django_pyz.stage import stage
from django_pyz_runtime.bundle.manifest import METRICS_FOLDER, SERVER_FOLDER
from django_pyz_runtime.errors import UserError
from tests.build.trees import read_tree, write_tree

RECORD = """\
shop/b.py,sha256=abc,12
shop/a.py,sha256=abc,12
shop/__pycache__/a.cpython-311.pyc,,
../../../bin/shop,sha256=abc,200
shop-1.0.dist-info/METADATA,sha256=abc,40
shop-1.0.dist-info/INSTALLER,sha256=abc,4
shop-1.0.dist-info/REQUESTED,sha256=abc,0
shop-1.0.dist-info/direct_url.json,sha256=abc,90
shop-1.0.dist-info/RECORD,,
"""
INSTALLED = {
    "shop/a.py": "",
    "shop/b.py": "",
    "shop/__pycache__/a.cpython-311.pyc": "",
    "_virtualenv.py": "",
    "_virtualenv.pth": "import _virtualenv",
    "shop-1.0.dist-info/METADATA": "Name: shop\nVersion: 1.0\n",
    "shop-1.0.dist-info/INSTALLER": "pip\n",
    "shop-1.0.dist-info/REQUESTED": "",
    "shop-1.0.dist-info/direct_url.json": '{"url": "file:///home/builder/shop"}',
    "shop-1.0.dist-info/RECORD": RECORD,
}


def _taken(tmp_path: Path, files: dict[str, str]) -> dict[str, bytes]:
    environment = tmp_path / "venv" / "lib" / "python3.11" / "site-packages"
    write_tree(environment, files)
    write_tree(tmp_path / "venv", {"bin/shop": f"#!{tmp_path}/venv/bin/python\n"})
    stage.take_installed(environment, tmp_path / "site-packages")
    stage.normalise_metadata(tmp_path / "site-packages")
    return read_tree(tmp_path / "site-packages")


def test_catalogs_of_packages_go_where_they_are_compiled(tmp_path: Path) -> None:
    catalogs = {"shop/de/a.po": "", "shop/de/a.mo": "", "shop/fr/a.po": "", "shop/it/a.po": "", "shop/it/a.mo": ""}
    write_tree(tmp_path, catalogs)
    assert stage.drop_catalog_sources(tmp_path, ["shop/it/*"]) == 1
    assert sorted(read_tree(tmp_path)) == ["shop/de/a.mo", "shop/fr/a.po", "shop/it/a.mo", "shop/it/a.po"]
    assert stage.drop_catalog_sources(tmp_path, ["shop/it/*"]) == 0


def test_a_module_of_a_package_named_as_one_of_the_environment_stays(tmp_path: Path) -> None:
    assert "tool/_virtualenv.py" in _taken(tmp_path, {**INSTALLED, "tool/_virtualenv.py": ""})


def test_the_server_has_a_folder_of_its_own_without_traces_of_its_installation(tmp_path: Path) -> None:
    (tmp_path / "site-packages").mkdir()
    stage.add_server(write_tree(tmp_path / "server", INSTALLED), tmp_path / "site-packages")
    names = sorted(read_tree(tmp_path / "site-packages"))
    kept = ("shop-1.0.dist-info/METADATA", "shop-1.0.dist-info/RECORD", "shop/a.py", "shop/b.py")
    assert names == [f"{SERVER_FOLDER}/{name}" for name in kept]
    assert (tmp_path / "site-packages" / METRICS_FOLDER).is_dir()
    with pytest.raises(UserError, match=rf"^a dependency installs {SERVER_FOLDER}, which is the name of the server's"):
        stage.add_server(write_tree(tmp_path / "server", INSTALLED), tmp_path / "site-packages")


def test_what_tells_of_metrics_has_another_folder(tmp_path: Path) -> None:
    (tmp_path / "site-packages").mkdir()
    record = "prometheus_client/__init__.py,,\nprometheus_client-1.0.dist-info/RECORD,,\nbin/x,,\n"
    metrics = {
        "prometheus_client/__init__.py": "",
        "prometheus_client-1.0.dist-info/RECORD": record,
        "prometheus_client-1.0.dist-info/INSTALLER": "pip",
    }
    server = write_tree(tmp_path / "server", {"gunicorn/__init__.py": "", **metrics})
    stage.add_server(server, tmp_path / "site-packages")
    found = read_tree(tmp_path / "site-packages")
    lines = b"prometheus_client-1.0.dist-info/RECORD,,\nprometheus_client/__init__.py,,\n"
    assert found == {
        f"{METRICS_FOLDER}/prometheus_client-1.0.dist-info/RECORD": lines,
        f"{METRICS_FOLDER}/prometheus_client/__init__.py": b"",
        f"{SERVER_FOLDER}/gunicorn/__init__.py": b"",
    }


def test_traces_of_the_installation_are_dropped(tmp_path: Path) -> None:
    taken = _taken(tmp_path, INSTALLED)

    assert sorted(taken) == [
        "shop-1.0.dist-info/METADATA",
        "shop-1.0.dist-info/RECORD",
        "shop/a.py",
        "shop/b.py",
    ]


def test_the_record_lists_what_is_there_sorted(tmp_path: Path) -> None:
    record = _taken(tmp_path, INSTALLED)["shop-1.0.dist-info/RECORD"].decode()

    assert record == (
        "shop-1.0.dist-info/METADATA,sha256=abc,40\n"
        "shop-1.0.dist-info/RECORD,,\n"
        "shop/a.py,sha256=abc,12\n"
        "shop/b.py,sha256=abc,12\n"
    )


def test_the_order_in_which_files_were_recorded_leaves_no_trace(tmp_path: Path) -> None:
    turned = "".join(reversed(RECORD.splitlines(keepends=True)))
    first = _taken(tmp_path / "first", INSTALLED)

    assert _taken(tmp_path / "second", {**INSTALLED, "shop-1.0.dist-info/RECORD": turned}) == first


def test_names_with_commas_and_quotes_stay_what_they_are_in_the_record(tmp_path: Path) -> None:
    name = 'shop/a,"b".txt'
    taken = _taken(tmp_path, {name: "", "shop-1.0.dist-info/RECORD": '"shop/a,""b"".txt",sha256=abc,0\n'})

    assert taken["shop-1.0.dist-info/RECORD"] == b'"shop/a,""b"".txt",sha256=abc,0\n'


@pytest.mark.parametrize(
    ("name", "text"), [("__editable__.lib-1.pth", "import x"), ("lib.pth", "import x\n/home/dev/lib\n")]
)
def test_an_editable_requirement_is_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(UserError, match=f"^{name}: points to a folder of this machine") as caught:
        _taken(tmp_path, {name: text})
    assert caught.value.hint == "Install it without -e."


def test_other_pth_files_stay(tmp_path: Path) -> None:
    assert _taken(tmp_path, {"hack.pth": "import os\nsub/folder\n"})["hack.pth"] == b"import os\nsub/folder\n"


def test_the_run_wing_is_copied_whole_without_bytecode(tmp_path: Path) -> None:
    stage.add_run_wing(tmp_path)

    source = read_tree(Path(django_pyz_runtime.__file__).parent)
    assert read_tree(tmp_path / "django_pyz_runtime") == {
        name: content for name, content in source.items() if not name.endswith(".pyc")
    }


def test_a_dependency_with_the_name_of_the_run_wing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a dependency installs django_pyz_runtime"):
        stage.add_run_wing(write_tree(tmp_path, {"django_pyz_runtime/__init__.py": ""}))


@pytest.mark.parametrize(
    ("mode", "normal"), [(0o600, 0o644), (0o666, 0o644), (0o444, 0o644), (0o700, 0o755), (0o777, 0o755), (0o611, 0o644)]
)
def test_files_get_one_of_two_modes(tmp_path: Path, mode: int, normal: int) -> None:
    path = write_tree(tmp_path, {"a/b.txt": ""}) / "a" / "b.txt"
    path.chmod(mode)

    stage.normalise_modes(tmp_path)

    assert path.stat().st_mode & 0o7777 == normal


def test_the_mode_of_a_file_in_the_installers_cache_stays(tmp_path: Path) -> None:
    cached = write_tree(tmp_path / "cache", {"a.txt": "x"}) / "a.txt"
    cached.chmod(0o600)
    tree = write_tree(tmp_path / "tree", {"b.txt": "y"})
    (tree / "a.txt").hardlink_to(cached)

    stage.normalise_modes(tree)

    assert cached.stat().st_mode & 0o777 == 0o600
    assert (tree / "a.txt").stat().st_mode & 0o777 == 0o644
    assert read_tree(tree) == {"a.txt": b"x", "b.txt": b"y"}


def test_folders_get_one_mode(tmp_path: Path) -> None:
    (tmp_path / "tree" / "a" / "b").mkdir(parents=True)
    (tmp_path / "tree" / "a").chmod(0o700)
    (tmp_path / "tree" / "a" / "b").chmod(0o2775)

    stage.normalise_modes(tmp_path / "tree")

    found = [Path(folder).stat().st_mode & 0o7777 for folder, _, _ in os.walk(tmp_path / "tree")]
    assert found == [0o755, 0o755, 0o755]


def test_the_executable_bit_of_a_file_of_the_project_survives(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {"run.sh": "", "read.txt": ""})
    (root / "run.sh").chmod(0o700)
    copy_files(root, (Path("run.sh"), Path("read.txt")), tmp_path / "tree")
    stage.normalise_modes(tmp_path / "tree")

    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "tree").rglob("*") if path.is_file()}
    assert modes == {"run.sh": 0o755, "read.txt": 0o644}


@pytest.mark.parametrize(
    ("name", "bound", "compiled"),
    [
        ("pkg/_fast.cpython-311-x86_64-linux-gnu.so", True, True),
        ("pkg/_fast.cpython-314-aarch64-linux-gnu.so", True, True),
        ("pkg/_fast.abi3.so", False, True),
        ("pkg/libhelper.so", False, True),
        ("pkg.libs/libssl.so.1.1", False, True),
        ("pkg/module.py", False, False),
        ("pkg/cpython-311.txt", False, False),
        ("pkg/notes.so.txt", False, False),
    ],
)
def test_a_tree_is_bound_to_one_python_by_some_extension_modules_and_must_be_loadable_by_all(
    tmp_path: Path, name: str, bound: bool, compiled: bool
) -> None:
    tree = write_tree(tmp_path, {name: "", "other.py": ""})
    assert (stage.is_bound_to_python(tree), stage.has_extensions(tree)) == (bound, compiled)
