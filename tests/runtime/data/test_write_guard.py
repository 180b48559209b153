"""Writes into the code are refused before the kernel is asked, for root too."""

from __future__ import annotations

import errno
import pickle
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import django_pyz_runtime
from django_pyz_runtime.data.write_advice import Code, message_for, setting_for
from django_pyz_runtime.data.write_guard import WriteIntoCode, found_in
from tests.waiting import DEADLINE_SECONDS

GUARDED = """
import os, pathlib, shutil, sqlite3, sys, tempfile
sys.path[:0] = [{source!r}]
from django_pyz_runtime.data import write_guard
tree, other = pathlib.Path({tree!r}), pathlib.Path({other!r})
project = tree / "__project__"
write_guard.install([tree], other / "data", "shop")
def run():
    {statement}
try:
    run()
except write_guard.WriteIntoCode as error:
    print("refused", error.filename)
except Exception as error:
    print(type(error).__name__)
else:
    print("done")
"""
# Hooks cannot be taken out again, so each trial has a process of its own.


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An unpacked tree that could be written to, as root can."""
    for name in ("__project__/shop/views.py", "__project__/notes.txt", "__project__/old.txt"):
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text("here")
    (tmp_path / "other" / "data").mkdir(parents=True)
    (tmp_path / "other" / "file").write_text("")
    (tmp_path / "other" / "into").symlink_to(tmp_path / "tree")
    (tmp_path / "tree" / "out").symlink_to(tmp_path / "other" / "data")
    return tmp_path / "tree"


def attempt(tree: Path, statement: str, *options: str) -> str:
    """What comes of a statement in a process that guards the tree."""
    source = str(Path(django_pyz_runtime.__file__).parent.parent)
    program = GUARDED.format(source=source, tree=str(tree), other=str(tree.parent / "other"), statement=statement)
    command = [sys.executable, "-B", *options, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tree / "__project__", timeout=DEADLINE_SECONDS)
    assert done.stderr == ""
    return done.stdout.strip()


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in sorted(folder.rglob("*"))}


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("open(project / 'new.txt', 'w')", "new.txt"),
        ("open(str(project / 'notes.txt'), 'a')", "notes.txt"),
        ("open(os.fsencode(project / 'notes.txt'), 'rb+')", "notes.txt"),
        ("open('notes.txt', 'w')", "notes.txt"),
        ("os.open(project / 'new.txt', os.O_CREAT | os.O_WRONLY)", "new.txt"),
        ("open(other / 'into/__project__/new.txt', 'x')", "new.txt"),
        ("(project / 'notes.txt').write_text('x')", "notes.txt"),
        ("os.mkdir(project / 'uploads')", "uploads"),
        ("os.makedirs('uploads/2024', exist_ok=True)", "uploads"),
        ("(project / 'uploads').mkdir(parents=True, exist_ok=True)", "uploads"),
        ("os.remove(project / 'notes.txt')", "notes.txt"),
        ("shutil.rmtree(project / 'shop')", "shop"),
        ("os.rename(project / 'notes.txt', other / 'notes.txt')", "notes.txt"),
        ("os.replace(other / 'file', project / 'new.txt')", "new.txt"),
        ("shutil.copy(other / 'file', project / 'new.txt')", "new.txt"),
        ("shutil.move(other / 'file', project / 'new.txt')", "new.txt"),
        ("os.symlink(other, project / 'link')", "link"),
        ("os.link(other / 'file', project / 'link')", "link"),
        ("os.truncate(project / 'notes.txt', 0)", "notes.txt"),
        ("sqlite3.connect(project / 'db.sqlite3')", "db.sqlite3"),
        ("sqlite3.connect(f'file:{project}/db.sqlite3?cache=shared', uri=True)", "db.sqlite3"),
    ],
)
def test_a_write_into_the_code_is_refused(tree: Path, statement: str, name: str) -> None:
    before = snapshot(tree)

    # Before Python 3.13, rmtree named the file in the folder.
    refused = attempt(tree, statement).replace("/shop/views.py", "/shop")
    assert refused == f"refused {tree}/__project__/{name}"
    assert snapshot(tree) == before


def test_a_temporary_file_in_the_code_is_refused(tree: Path) -> None:
    assert attempt(tree, "tempfile.mkstemp(dir=project)").startswith(f"refused {tree}/__project__/tmp")


@pytest.mark.parametrize(
    "statement",
    [
        "open(project / 'notes.txt').read()",
        "os.close(os.open('notes.txt', os.O_RDONLY))",
        "open(other / 'new.txt', 'w')",
        "open(other / 'data/new.txt', 'w')",
        "open(tree / 'out/new.txt', 'w')",
        "(tree / 'out/a/b').mkdir(parents=True)",
        "open(os.devnull, 'w')",
        "open(1, 'w', closefd=False).write('')",
        "tempfile.TemporaryFile().write(b'x')",
        "shutil.copytree(project, other / 'copy'), shutil.rmtree(other / 'copy')",
        "os.link(project / 'notes.txt', other / 'linked')",
        "os.makedirs(project / 'shop', exist_ok=True)",
        "(project / 'shop').mkdir(exist_ok=True)",
        "sqlite3.connect(':memory:'), sqlite3.connect('')",
        "sqlite3.connect(other / 'db.sqlite3').execute('CREATE TABLE t (x)')",
    ],
)
def test_everything_else_is_allowed(tree: Path, statement: str) -> None:
    assert attempt(tree, statement) == "done"


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("os.mkdir(project / 'shop')", "FileExistsError"),
        ("os.remove(project / 'missing')", "FileNotFoundError"),
        ("os.rename(project / 'missing', project / 'new')", "FileNotFoundError"),
        ("open(project / 'missing/new.txt', 'w')", "FileNotFoundError"),
        ("os.open('missing', os.O_WRONLY)", "FileNotFoundError"),
        ("open(project / 'notes.txt', 'x')", "FileExistsError"),
        ("sqlite3.connect(project / 'missing/db.sqlite3')", "OperationalError"),
        ("sqlite3.connect(f'file:{project}/db.sqlite3?mode=ro', uri=True)", "OperationalError"),
    ],
)
def test_what_would_change_nothing_is_left_to_the_kernel(tree: Path, statement: str, error: str) -> None:
    assert attempt(tree, statement) == error


@pytest.mark.parametrize("name", ["project / 'search.db'", "f'file:{project}/search.db?mode=ro'"])
def test_a_database_in_the_code_can_be_read(tree: Path, name: str) -> None:
    connection = sqlite3.connect(tree / "__project__" / "search.db")
    connection.execute("CREATE TABLE t (x)")
    connection.close()

    assert attempt(tree, f"sqlite3.connect({name}, uri=True).execute('SELECT x FROM t')") == "done"


def test_python_goes_on_where_it_cannot_keep_bytecode(tree: Path) -> None:
    statement = "sys.dont_write_bytecode = False; sys.path.insert(0, str(project)); import mod"
    (tree / "__project__" / "mod.py").write_text("")

    assert attempt(tree, statement) == "done"
    assert not (tree / "__project__" / "__pycache__").exists()


def test_a_second_call_guards_what_it_says_alone(tree: Path) -> None:
    statement = (
        "write_guard.install([other], other / 'data', 'shop'); open('new.txt', 'w').close(); open(other / 'n', 'w')"
    )

    assert attempt(tree, statement) == f"refused {tree.parent}/other/n"
    assert (tree / "__project__" / "new.txt").exists()


def test_the_message_names_the_setting_of_the_module_in_force(tree: Path) -> None:
    (tree / "__project__" / "conf.py").write_text(
        "from pathlib import Path\nLOGO_DIR = Path(__file__).parent / 'logos'"
    )
    statement = """
    os.environ["DJANGO_SETTINGS_MODULE"] = "conf"
    sys.path.insert(0, str(project))
    import conf
    try:
        conf.LOGO_DIR.mkdir()
    except PermissionError as error:
        print(error)
    """

    assert attempt(tree, statement).splitlines()[0] == (
        f"{tree}/__project__/logos: the code is read-only; the setting LOGO_DIR points there: "
        f"set [settings] LOGO_DIR = {tree.parent}/other/data/logos (`shop pyz config show` shows the configuration)"
    )


def test_while_the_settings_are_read_the_message_says_what_still_helps(tree: Path) -> None:
    text = "import os\nLOGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'logs')\nos.mkdir(LOGS)"
    (tree / "__project__" / "conf.py").write_text(text)
    statement = """
    os.environ["DJANGO_SETTINGS_MODULE"] = "conf"
    sys.path.insert(0, str(project))
    try:
        import conf
    except PermissionError as error:
        print(error)
    """

    assert attempt(tree, statement).splitlines()[0] == (
        f"{tree}/__project__/logs: the code is read-only; the setting LOGS points there, and is used while the "
        "settings are read; give it another folder through [env], "
        "or name logs/ in [tool.django-pyz] data-paths when building"
    )


CODE = Code(("/c",), "/var/lib/shop", "shop")
BASE = "/c/__project__"


@pytest.mark.parametrize(
    ("namespace", "setting"),
    [
        ({"UPLOADS": f"{BASE}/up"}, "UPLOADS"),
        ({"UPLOADS": Path(BASE, "up")}, "UPLOADS"),
        ({"FILE": f"{BASE}/up/x.png"}, "FILE"),
        ({"BASE_DIR": Path(BASE), "UPLOADS": f"{BASE}/up", "INNER": f"{BASE}/up/x.png"}, "INNER"),
        ({"SHOP": {"files": {"ROOT": f"{BASE}/up/"}}}, "SHOP.files.ROOT"),
        ({"BASE_DIR": Path(BASE)}, ""),
        ({"SITE": "/c/site-packages", "TREE": "/c", "ROOT": "/"}, ""),
        ({"lower": f"{BASE}/up"}, ""),
        ({"OTHER": f"{BASE}/upper"}, ""),
        ({"NAME": "up", "NUMBER": 1, "NONE": None, "BAD": "/\0"}, ""),
    ],
)
def test_the_setting_is_the_one_whose_path_is_the_nearest(namespace: dict[str, Any], setting: str) -> None:
    assert setting_for(f"{BASE}/up/x.png", CODE, namespace)[0] == setting


@pytest.mark.parametrize("folder", ["/c", "/c/site-packages", "/c/__project__"])
def test_a_path_is_named_from_where_code_lies(folder: str) -> None:
    assert CODE.relative(f"{folder}/lib/up") == "lib/up"
    assert CODE.relative(folder) == "."


def test_a_folder_of_code_is_no_folder_for_data(tree: Path) -> None:
    code = Code((str(tree),), "/var/lib/shop", "shop")
    namespace = {"APP_DIR": tree / "__project__" / "shop"}

    assert setting_for(f"{tree}/__project__/shop/x.png", code, namespace) == ("", "")


def test_settings_that_hold_themselves_are_no_trap() -> None:
    loop: dict[str, Any] = {"path": f"{BASE}/up"}
    loop["LOOP"] = loop

    assert setting_for(f"{BASE}/up/x", CODE, {"LOOP": loop})[1] == f"{BASE}/up"


def test_without_a_setting_the_message_says_where_else_to_turn() -> None:
    assert message_for(f"{BASE}/up/x.png", CODE, {}) == (
        "the project writes beside its code, which is read-only; give it another folder through its settings or [env], "
        "or name up/x.png in [tool.django-pyz] data-paths when building"
    )


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("os.makedirs('exports/2024')", "exports/"),
        ("(project / 'shop/exports').mkdir()", "shop/exports/"),
        ("open('empty/a.csv', 'w')", "empty/"),
        ("open('a.csv', 'w')", "a.csv"),
        ("open('shop/a.csv', 'w')", "shop/a.csv"),
        ("sqlite3.connect('db.sqlite3')", "db.sqlite3"),
    ],
)
def test_the_data_path_of_a_folder_ends_with_a_slash(tree: Path, statement: str, name: str) -> None:
    (tree / "__project__" / "empty").mkdir()
    (tree / "__project__" / "empty" / ".gitkeep").touch()
    attempted = f"""
    try:
        {statement}
    except PermissionError as error:
        print(error)
    """
    assert f", or name {name} in [tool.django-pyz] data-paths" in attempt(tree, attempted)


def test_a_write_to_the_folder_of_the_code_itself_is_refused_too(tree: Path) -> None:
    assert attempt(tree, "os.rename(tree, tree.parent / 'away')") == f"refused {tree}"


def test_the_error_is_a_permission_error_that_reads_well() -> None:
    error = WriteIntoCode(errno.EACCES, "the code is read-only", "/c/x")

    assert isinstance(error, PermissionError)
    assert (str(error), error.errno, error.filename) == ("/c/x: the code is read-only", errno.EACCES, "/c/x")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_refusal_is_found_behind_the_error_that_hides_it() -> None:
    refusal = WriteIntoCode(errno.EACCES, "the code is read-only", "/c/x")
    hiding = ValueError("Unable to configure handler")
    hiding.__cause__ = refusal
    outer = RuntimeError()
    outer.__context__ = hiding

    assert (found_in(outer), found_in(refusal), found_in(ValueError()), found_in(None)) == (
        refusal,
        refusal,
        None,
        None,
    )


def test_nothing_of_django_is_needed(tree: Path) -> None:
    assert attempt(tree, "print([name for name in sys.modules if name.startswith('django.')])") == "[]\ndone"
