"""Bytecode made at build time."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from django_pyz.pack import bytecode
from django_pyz.python import find_python
from django_pyz_runtime.bundle.bytecode_finder import BYTECODE, SIZE_BYTES, Index
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER, SERVER_FOLDER
from tests.build.trees import read_tree, write_tree

SOURCES = {
    "shop/__init__.py": "NAMES = {'a', 'b', 'c', 'd'}\n",
    "shop/models.py": "def find(name):\n    return name in {'x', 'y', 'z'}\n\n\nclass Model:\n    pass\n",
    "single.py": "print('hello')\n",
}


def _compile(root: Path) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as scratch:
        compiled = bytecode.compile_tree(find_python(""), root, Path(scratch))
    assert compiled.cache_tag == sys.implementation.cache_tag
    return dict(compiled.code)


def _code_objects(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code_objects(constant)


def test_every_module_gets_code(tmp_path: Path) -> None:
    assert sorted(_compile(write_tree(tmp_path, SOURCES))) == sorted(SOURCES)


def test_it_names_files_without_the_folder_of_the_build(tmp_path: Path) -> None:
    names = set()
    for content in _compile(write_tree(tmp_path, SOURCES)).values():
        assert os.fsencode(tmp_path) not in content
        names |= {code.co_filename for code in _code_objects(marshal.loads(content))}

    assert names == set(SOURCES)


def test_only_our_own_code_goes_without_docstrings(tmp_path: Path) -> None:
    said = '"""What it does."""\n'
    code = _compile(write_tree(tmp_path, {"django_pyz_runtime/main.py": said, "shop.py": said}))
    assert {path: b"What it does." in content for path, content in code.items()} == {
        "django_pyz_runtime/main.py": False,
        "shop.py": True,
    }


def test_the_bytes_depend_on_the_sources_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _compile(write_tree(tmp_path / "first", SOURCES))
    second = write_tree(tmp_path / "elsewhere" / "second", dict(reversed(SOURCES.items())))
    for path in second.rglob("*.py"):
        os.utime(path, (1, 1))
    monkeypatch.setenv("PYTHONHASHSEED", "123")
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    assert _compile(second) == first


def test_a_file_that_is_no_python_gets_none_and_stops_nothing(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**SOURCES, "template/app.py": "{{ name }} = {% if %}\n"})

    assert len(_compile(root)) == len(SOURCES)


def test_a_name_that_is_no_utf8_is_one(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"odd-\xff.py")).write_text("A = 1\n")

    assert [os.fsencode(name) for name in _compile(tmp_path)] == [b"odd-\xff.py"]


def test_a_module_in_the_current_folder_is_not_taken_for_the_standard_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path / "shop", {"compileall.py": "raise SystemExit('a module of the project was imported')"})
    monkeypatch.chdir(tmp_path / "shop")

    assert len(_compile(write_tree(tmp_path / "tree", SOURCES))) == len(SOURCES)


def test_the_sources_stay_as_they_are(tmp_path: Path) -> None:
    _compile(write_tree(tmp_path, SOURCES))

    assert {name: content.decode() for name, content in read_tree(tmp_path).items()} == SOURCES


FILES = [
    *(
        "shop/__init__.py",
        "shop/models.py",
        "shop/both.py",
        "shop/both/__init__.py",
        "shop/fast.py",
        "shop/fast.abi3.so",
    ),
    *("shop/data/de.json", "shop/broken.py", "space/inner/a.py", "single.py", "shop/migrations/0001_initial.py"),
    *("shop/native/__init__.abi3.so", "shop/dotted.name.py", "shop/plain.py", "shop/plain/note.txt"),
]


def _index(tmp_path: Path) -> dict[str, dict[str, tuple[bool, bytes] | None]]:
    """What is written for FILES, read back: for each module whether it is a package, and its code."""
    code = {name: f"code of {name}".encode() for name in FILES if name.endswith(".py") and "broken" not in name}
    written = bytecode.write(bytecode.Compiled("tag", code), FILES, tmp_path / "code")
    found = {}
    for path in written:
        content = path.read_bytes()
        start = SIZE_BYTES + int.from_bytes(content[:SIZE_BYTES], "little")
        for folder, modules in marshal.loads(content[SIZE_BYTES:start]).items():
            assert f"{folder.partition('/')[0]}.code" == path.name
            found[folder] = {
                name: item and (item[0], content[start + item[1] : start + item[1] + item[2]])
                for name, item in modules.items()
            }
    return found


def test_the_index_tells_what_each_folder_has(tmp_path: Path) -> None:
    assert _index(tmp_path) == {
        "": {"shop": (True, b"code of shop/__init__.py"), "single": (False, b"code of single.py"), "space": None},
        "shop": {
            "both": (True, b"code of shop/both/__init__.py"),
            "broken": None,
            "data": None,
            "fast": None,
            "migrations": None,
            "models": (False, b"code of shop/models.py"),
            "native": None,
            "plain": (False, b"code of shop/plain.py"),
        },
        "shop/migrations": {"0001_initial": (False, b"code of shop/migrations/0001_initial.py")},
        "space/inner": {"a": (False, b"code of space/inner/a.py")},
    }


def test_the_server_s_package_is_the_same_as_the_project_s_of_that_version(tmp_path: Path) -> None:
    """So it is stored once, though each is imported from where it lies."""
    package = {"web/__init__.py": "import web.app\n", "web/app.py": "class App:\n    def run(self):\n        pass\n"}
    files = {**package, **{f"{SERVER_FOLDER}/{name}": text for name, text in package.items()}, "shop.py": ""}
    root = write_tree(tmp_path / "site-packages", files)
    compiled = bytecode.compile_tree(find_python(""), root, tmp_path)

    folder = tmp_path / BYTECODE / compiled.cache_tag
    written = bytecode.write(compiled, sorted(files), folder)

    names = [path.relative_to(folder).as_posix() for path in written]
    assert sorted(names) == [".code", f"{SERVER_FOLDER}/.code", f"{SERVER_FOLDER}/web.code", "web.code"]
    assert (folder / SERVER_FOLDER / "web.code").read_bytes() == (folder / "web.code").read_bytes()
    assert set(Index(str(folder)).modules("") or ()) == {"shop", "web"}
    assert set(Index(str(folder / SERVER_FOLDER)).modules("") or ()) == {"web"}


def test_modules_of_the_server_come_from_its_index(tmp_path: Path) -> None:
    source = "class App:\n    def fail(self):\n        1 / 0\n"
    files = {f"{SERVER_FOLDER}/web/__init__.py": "", f"{SERVER_FOLDER}/web/app.py": source}
    root = write_tree(tmp_path / "site-packages", files)
    compiled = bytecode.compile_tree(find_python(""), root, tmp_path)
    bytecode.write(compiled, sorted(files), tmp_path / BYTECODE / compiled.cache_tag)
    program = f"""
import sys
from pathlib import Path
from django_pyz_runtime.activation.code_path import use_server
compiled = []
sys.addaudithook(lambda event, found: event in ("compile", "os.listdir", "os.scandir") and compiled.append(found[1:]))
use_server(Path({str(root)!r}))
del compiled[:]
import web.app
print(len(compiled), web.app.__file__, web.app.App.fail.__code__.co_filename)
"""
    place = str(root / SERVER_FOLDER / "web" / "app.py")
    source_folder = Path(bytecode.__file__).parents[2]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(source_folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"0 {place} {place}\n", "")


IMPORTS = """
import sys
from django_pyz_runtime.bundle import bytecode_finder
looked = []
sys.addaudithook(lambda event, found: event in ("compile", "os.listdir", "os.scandir") and looked.append(found[1:]))
tree, *folders = sys.argv[1:]
bytecode_finder.install_for_tree(tree + "/site-packages")
sys.path[:0] = folders
del looked[:]
import web.app
import shop.views
print(len(looked), web.app.__file__, shop.views.__file__, shop.views.view.__code__.co_filename)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A package and a project, compiled as they are staged, and where they lie in an unpacked tree."""
    package = {"web/__init__.py": "", "web/app.py": "class App:\n    pass\n"}
    own = {"shop/__init__.py": "", "shop/views.py": "def view():\n    1 / 0\n"}
    files = {**package, **{f"{PROJECT_FOLDER}/{name}": text for name, text in own.items()}}
    root = write_tree(tmp_path / "tree/site-packages", files)
    compiled = bytecode.compile_tree(find_python(""), root, tmp_path)
    bytecode.write(compiled, sorted(files), root.parent / BYTECODE / compiled.cache_tag)
    (root / PROJECT_FOLDER).rename(root.parent / PROJECT_FOLDER)
    return root.parent


def imported(tree: Path, *folders: Path) -> subprocess.CompletedProcess[str]:
    """What comes of importing a module of each, with these folders first on sys.path."""
    source = str(Path(bytecode.__file__).parents[2])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1"}
    command: list[str | Path] = [sys.executable, "-c", IMPORTS, tree, *folders]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_the_project_comes_from_the_index_though_it_lies_beside_the_packages(tree: Path) -> None:
    done = imported(tree, tree / PROJECT_FOLDER, tree / "site-packages")
    app, views = tree / "site-packages/web/app.py", tree / PROJECT_FOLDER / "shop/views.py"
    assert (done.stdout, done.stderr) == (f"0 {app} {views} {views}\n", "")


def test_the_folder_above_them_has_no_modules(tree: Path) -> None:
    """A project may put the parent of its own folder on sys.path."""
    done = imported(tree, tree, tree / PROJECT_FOLDER, tree / "site-packages")
    app, views = tree / "site-packages/web/app.py", tree / PROJECT_FOLDER / "shop/views.py"
    assert done.stderr == ""
    assert done.stdout.split()[1:] == [str(app), str(views), str(views)]


def test_the_project_is_not_imported_from_a_folder_that_others_can_write(tree: Path) -> None:
    (tree / PROJECT_FOLDER / "shop").chmod(0o777)
    done = imported(tree, tree / PROJECT_FOLDER, tree / "site-packages")
    assert done.stdout == ""
    assert f"UserError: {tree / PROJECT_FOLDER / 'shop'}: can be written by other users (mode 0777)" in done.stderr
