"""The one file: its build id, its container and the payload inside."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import shiv
from hypothesis import given
from hypothesis import strategies as st

from django_pyz.files.paths import files_below
from django_pyz.pack.head import LAUNCHER_FILES
from django_pyz.pack.tree_archive import compute_build_id, read_members
from django_pyz.stage import stage
from django_pyz_runtime.bundle import container
from django_pyz_runtime.bundle.bytecode_finder import BYTECODE, Index
from django_pyz_runtime.bundle.manifest import (
    FILE_NAME,
    METRICS_FOLDER,
    PROJECT_FOLDER,
    SERVER_FOLDER,
    STATIC_FOLDER,
    Manifest,
)
from tests.build.trees import git, write_tree
from tests.small_bundle import ANSWER, MANIFEST, write_small
from tests.unpacked import unpacked


def _id(root: Path, files: Mapping[str, str]) -> str:
    root.mkdir()
    return _id_of(write_tree(root, files))


def _id_of(root: Path) -> str:
    return compute_build_id(read_members({path: root / path for path in files_below(root)}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": "x"}, {"a": "y"}),
        ({"a": "x"}, {"b": "x"}),
        ({"a": "bc"}, {"ab": "c"}),
        ({"a": "x", "b": ""}, {"a": "", "b": "x"}),
        ({"a": "", "b": ""}, {"ab": ""}),
        ({"a/b": ""}, {"a": "/b"}),
        ({"a": "x", "b": "y"}, {"a": "x1:644:1:by"}),
        ({"a": "", "b": "y"}, {"a": "1:644:1:by"}),
    ],
)
def test_different_trees_have_different_ids(tmp_path: Path, one: dict[str, str], other: dict[str, str]) -> None:
    assert _id(tmp_path / "one", one) != _id(tmp_path / "other", other)


TREES = st.dictionaries(
    st.text("ab1:", min_size=1, max_size=3), st.tuples(st.text("ab1:64", max_size=8), st.booleans()), max_size=4
)


@given(TREES, TREES)
def test_only_equal_trees_have_equal_ids(one: dict[str, tuple[str, bool]], other: dict[str, tuple[str, bool]]) -> None:
    """Trees that are much alike: names and contents of the few letters of which the digest is made up."""

    def identity(tree: dict[str, tuple[str, bool]], root: Path) -> str:
        write_tree(root, {name: content for name, (content, _) in tree.items()})
        for name, (_, is_program) in tree.items():
            (root / name).chmod(0o755 if is_program else 0o644)
        return _id_of(root)

    with tempfile.TemporaryDirectory() as folder:
        ids = identity(one, Path(folder) / "one"), identity(other, Path(folder) / "other")
    assert (ids[0] == ids[1]) == (one == other)


def test_a_mode_makes_another_id(tmp_path: Path) -> None:
    first = _id(tmp_path / "tree", {"a": ""})
    (tmp_path / "tree" / "a").chmod(0o755)

    assert _id_of(tmp_path / "tree") != first


def test_the_same_tree_elsewhere_has_the_same_id(tmp_path: Path) -> None:
    first = _id(tmp_path / "one", {"a/b": "1", "c": "2"})
    second = _id(tmp_path / "two", {"c": "2", "a/b": "1"})
    os.utime(tmp_path / "two" / "c", (1, 1))

    assert first == second == _id_of(tmp_path / "two")


def test_the_id_is_that_of_the_format(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"é": "x"})
    (root / "é").chmod(0o644)

    content = hashlib.sha256(b"x").digest()
    assert _id_of(root) == hashlib.sha256(b"2:644:1:" + "é".encode() + content).hexdigest()


def test_every_entry_bears_the_time_of_the_build(tmp_path: Path) -> None:
    output = write_small(tmp_path)
    with zipfile.ZipFile(output) as outer, _open_inner(output) as payload:
        times = {info.date_time for archive in (outer, payload) for info in archive.infolist()}

    assert times == {(2023, 11, 14, 22, 13, 20)}


def test_the_same_tree_gives_the_same_bytes(tmp_path: Path) -> None:
    assert write_small(tmp_path / "one").read_bytes() == write_small(tmp_path / "two").read_bytes()


def test_how_shiv_was_installed_leaves_no_trace(tmp_path: Path) -> None:
    """Its files may have other modes, and come in another order, on another machine."""
    program = "import pathlib, sys; from tests.small_bundle import write_small; write_small(pathlib.Path(sys.argv[1]))"
    copy = tmp_path / "installed" / "shiv"
    shutil.copytree(Path(shiv.__file__).parent, copy)
    for path in copy.rglob("*.py"):
        path.chmod(0o755)
    path_list = os.pathsep.join([str(copy.parent), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path_list}
    subprocess.run([sys.executable, "-c", program, tmp_path / "one"], env=environment, check=True)

    assert (tmp_path / "one" / "shop-script").read_bytes() == write_small(tmp_path / "two").read_bytes()


@pytest.mark.parametrize(("bound", "interpreter"), [(True, "python3.11"), (False, "python3")])
def test_the_first_lines_start_the_python_it_needs(tmp_path: Path, bound: bool, interpreter: str) -> None:
    manifest = Manifest("shop", "shop", "shop.settings", (), "3.11", bound_to_python=bound)

    output = write_small(tmp_path, manifest=manifest)

    lines = output.read_bytes().split(b"\n")
    assert lines[0] == b"#!/bin/sh"
    assert f"python={interpreter}".encode() in lines
    assert any(line.startswith(b'    exec "$python" ') for line in lines)
    assert output.stat().st_mode & 0o777 == 0o755


def test_the_first_lines_say_so_where_there_is_no_such_python(tmp_path: Path) -> None:
    manifest = Manifest("shop", "shop", "shop.settings", (), "3.11", bound_to_python=True)
    done = subprocess.run(
        [write_small(tmp_path, manifest=manifest)], env={"PATH": "/nowhere"}, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "shop: wanted Python 3.11, found no python3.11 on PATH: install it, or add its folder to PATH\n"
    )


@pytest.mark.parametrize(("least", "below", "wanted"), [(1, 0, "{}.{} or newer"), (0, 1, "older than {}.{}")])
def test_a_patch_release_for_which_packages_are_missing_is_refused_with_the_way_out(
    tmp_path: Path, least: int, below: int, wanted: str
) -> None:
    minor, patch = "{}.{}".format(*sys.version_info), sys.version_info[2]
    shop = MANIFEST._replace(python=minor, least_patch=least * (patch + 1), below_patch=below * patch)
    said = wanted.format(minor, patch + least)

    done = subprocess.run([sys.executable, write_small(tmp_path, manifest=shop)], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"shop-script: wanted Python {said}, found Python {minor}.{patch}, "
        "but the bundle lacks packages for that version\n"
        f"shop-script: Start it with another python{minor}, or build it again with that one: --python PATH.\n"
    )


PYENV_SHIM = """\
#!/bin/sh
[ "${PYENV_VERSION-}" ] && exec "$PYENV_VERSION" "$@"
echo "pyenv: python3: command not found" >&2
exit 127
"""
"""What pyenv's and asdf's shims do, which are in a folder of this name."""


def test_a_shim_that_starts_no_python_does_not_hide_the_message(tmp_path: Path) -> None:
    """Each advice is taken; another Python further on is taken without a word."""
    output = write_small(tmp_path)
    shims, folder = tmp_path / "shims", tmp_path / "with python"
    for made in (shims, folder):
        made.mkdir()
    (shims / "python3").write_text(PYENV_SHIM)
    (shims / "python3").chmod(0o755)
    (folder / "python3").symlink_to(sys.executable)
    environment = {"PATH": f"{shims}:/nowhere", "CACHE_DIRECTORY": str(tmp_path / "cache")}

    done = subprocess.run([output, *ANSWER], env=environment, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"shop-script: wanted Python 3.11 or newer, found only {shims}/python3, which starts none:\n"
        "pyenv: python3: command not found\n"
        "shop-script: Choose a version for it, or add the folder of a python3 to PATH.\n"
    )
    for more in ({"PYENV_VERSION": sys.executable}, {"PATH": f"{shims}:/nowhere:{folder}"}):
        done = subprocess.run([output, *ANSWER], env={**environment, **more}, capture_output=True, text=True)
        assert (done.returncode, done.stderr, done.stdout) == (0, "", "{}\n")


def test_the_main_module_calls_the_launcher_with_literals(tmp_path: Path) -> None:
    output = write_small(tmp_path)
    with zipfile.ZipFile(output) as archive:
        main = ast.parse(archive.read("__main__.py"))

    constants = {
        ast.unparse(node.targets[0]): ast.literal_eval(node.value) for node in main.body if isinstance(node, ast.Assign)
    }
    build_id = container.read_container(str(output)).build_id
    assert constants["LAUNCH"] == ("shop", build_id, ("3.11", False, 0, 0), False)
    assert ast.unparse(main.body[-1]) == "launch(*LAUNCH)"


def test_a_python_that_is_too_old_can_read_the_main_module_and_says_so(tmp_path: Path) -> None:
    with zipfile.ZipFile(write_small(tmp_path)) as archive:
        main = archive.read("__main__.py").decode()
    ast.parse(main, feature_version=(3, 8))
    program = "import sys; sys.version_info = (3, 8, 18); exec(sys.stdin.read())"

    done = subprocess.run([sys.executable, "-c", program], input=main, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "shop-script: wanted Python 3.11 or newer, found 3.8\n"


def test_a_python_runs_the_file_by_a_relative_path(tmp_path: Path) -> None:
    output = write_small(tmp_path)
    environment = {"HOME": str(tmp_path), "CACHE_DIRECTORY": str(tmp_path / "cache")}

    done = subprocess.run(
        [sys.executable, output.name, *ANSWER], cwd=tmp_path, env=environment, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "{}\n", "")


def _open_inner(bundle: Path) -> zipfile.ZipFile:
    with zipfile.ZipFile(bundle) as outer:
        return zipfile.ZipFile(io.BytesIO(outer.read("payload.pyz")))


def test_the_sample_has_few_entries_all_stored(sample_bundle: Path) -> None:
    with zipfile.ZipFile(sample_bundle) as archive:
        infos = archive.infolist()

    assert [info.filename for info in infos] == ["__main__.py", *LAUNCHER_FILES, "payload.pyz", "container.json"]
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}


@pytest.fixture(scope="module")
def sample_tree(sample_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, unpacked."""
    return unpacked(sample_bundle, tmp_path_factory.mktemp("sample") / "tree")


def test_the_build_id_is_that_of_the_tree_inside(sample_bundle: Path, sample_tree: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(sample_tree, tmp_path / "tree")
    stage.normalise_modes(copy)

    assert _id_of(copy) == container.read_container(str(sample_bundle)).build_id


def test_the_tree_holds_the_project_its_packages_and_static_files(sample_tree: Path) -> None:
    """The project's own files lie outside a folder of that name: by it error trackers know other people's code."""
    names = set(files_below(sample_tree))
    manifest = Manifest.from_json((sample_tree / "site-packages" / FILE_NAME).read_text())

    packages = {"django/__init__.py", f"{SERVER_FOLDER}/gunicorn/__init__.py"}
    assert {f"{PROJECT_FOLDER}/manage.py", *(f"site-packages/{name}" for name in packages)} <= names
    assert any(name.startswith(f"site-packages/{STATIC_FOLDER}/site.") and name.endswith(".css.gz") for name in names)
    assert not [name for name in names if name.startswith("site-packages/pip/") or name.endswith(".pyc")]
    assert (manifest.name, manifest.script) == ("project", "project-script")
    assert manifest.settings_module == "myproj.settings"
    assert manifest.has_static


def test_every_module_that_can_be_imported_has_its_bytecode(sample_tree: Path) -> None:
    """Tests, which nobody runs on a server, are compiled when they are."""
    code = sample_tree / BYTECODE / str(sys.implementation.cache_tag)
    without = []
    for path in files_below(sample_tree / "site-packages"):
        first, _, rest = path.partition("/")
        has_own_root = first in (SERVER_FOLDER, METRICS_FOLDER)
        index = Index(str(code / first if has_own_root else code))
        folder, _, name = (rest if has_own_root else path).rpartition("/")
        if name == "__init__.py":
            folder, _, name = folder.rpartition("/")
        is_test = "tests/" in path or name.startswith("test_") or name in ("tests.py", "conftest.py")
        if path.endswith(".py") and not is_test and not (index.modules(folder) or {}).get(name.removesuffix(".py")):
            without.append(path)

    assert without == []


def test_no_path_of_the_builders_machine_is_inside(sample_bundle: Path, sample_tree: Path, checkout: Path) -> None:
    needles = [os.fsencode(checkout), b"/pytest-of-", b"/django-pyz-"]
    with _open_inner(sample_bundle) as payload:
        contents = {name: payload.read(name) for name in payload.namelist()}
    contents |= {name: (sample_tree / name).read_bytes() for name in files_below(sample_tree)}

    assert [(name, needle) for name, content in contents.items() for needle in needles if needle in content] == []


def test_the_payload_is_an_archive_that_shiv_can_read(sample_bundle: Path, tmp_path: Path) -> None:
    program = "from shiv.info import main; main()"
    payload = _payload(sample_bundle, tmp_path)
    done = subprocess.run([sys.executable, "-c", program, payload, "--json"], capture_output=True, text=True)

    told = json.loads(done.stdout)
    assert told["build_id"] == container.read_container(str(sample_bundle)).build_id
    assert told["shiv_version"] == shiv.__version__


def test_the_payload_starts_on_its_own(sample_bundle: Path, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "SHIV_ROOT": str(tmp_path / "shiv"),
        "STATE_DIRECTORY": str(tmp_path / "state"),
    }
    command = [sys.executable, str(_payload(sample_bundle, tmp_path)), "check"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), done.stderr


def test_another_machine_builds_the_same_bytes(sample_bundle: Path, checkout: Path, tmp_path: Path) -> None:
    """Another folder, umask, home, time zone, language, hash seed, time, and times of the files."""
    clone = tmp_path / "another name"
    git(tmp_path, "clone", "--quiet", str(checkout), str(clone))
    for path in clone.rglob("*.*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    if (configuration := Path.home() / ".config" / "pip").is_dir():
        shutil.copytree(configuration, tmp_path / "home" / ".config" / "pip")
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_")) or name == "PATH"}
    environment = {**kept, "HOME": str(tmp_path / "home"), "TZ": "Pacific/Auckland", "LC_ALL": "C", "USER": "another"}
    output = tmp_path / "other.pyz"
    command = [sys.executable, "build_pyz.py", "--output", str(output)]
    done = subprocess.run(command, cwd=clone, env=environment, umask=0o077, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

    one, other = unpacked(sample_bundle, tmp_path / "one"), unpacked(output, tmp_path / "another")
    names = {*files_below(one), *files_below(other)}
    assert [name for name in sorted(names) if not _is_same(one / name, other / name)] == []
    assert output.read_bytes() == sample_bundle.read_bytes()


def _payload(sample: Path, folder: Path) -> Path:
    with zipfile.ZipFile(sample) as outer:
        return Path(outer.extract("payload.pyz", folder))


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.read_bytes() == other.read_bytes()
