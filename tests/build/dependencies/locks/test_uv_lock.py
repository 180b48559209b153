"""uv.lock, as uv itself writes and reads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from django_pyz.dependencies.install import install_dependencies
from django_pyz.dependencies.source import Source
from django_pyz.options import Options
from django_pyz.python import find_python
from django_pyz_runtime.errors import UserError
from tests.build.reading import names, read
from tests.build.trees import read_tree, write_tree

pytestmark = pytest.mark.slow

LIBRARY = """\
[project]
name = "lib"
version = "1"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
WORKSPACE = {
    "pyproject.toml": """\
[project]
name = "shop"
version = "1"
requires-python = ">=3.11"
dependencies = ["sqlparse==0.5.3", "lib"]

[project.optional-dependencies]
idn = ["idna==3.10"]

[dependency-groups]
dev = ["pytz==2024.1"]
prod = ["asgiref==3.8.1"]

[tool.uv.workspace]
members = ["packages/*", "web"]
[tool.uv.sources]
lib = { workspace = true }
""",
    "packages/lib/pyproject.toml": LIBRARY,
    "packages/lib/src/lib/__init__.py": "",
    "web/pyproject.toml": """\
[project]
name = "web"
version = "1"
requires-python = ">=3.11"
dependencies = ["lib", "asgiref==3.8.1"]
[tool.uv.sources]
lib = { workspace = true }
""",
}


@pytest.fixture(scope="module")
def uv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with uv in it."""
    folder = tmp_path_factory.mktemp("uv")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "uv"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "bin"


@pytest.fixture(scope="module")
def locked(uv: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files of a workspace that uv has locked."""
    root = write_tree(tmp_path_factory.mktemp("locked"), WORKSPACE)
    subprocess.run([uv / "uv", "lock", "--quiet", "--python", sys.executable], cwd=root, check=True)
    return {**WORKSPACE, "uv.lock": (root / "uv.lock").read_text()}


@pytest.fixture
def root(uv: Path, locked: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workspace, with uv there."""
    monkeypatch.setenv("PATH", f"{uv}:/usr/bin:/bin")
    return write_tree(tmp_path / "shop", locked)


def test_the_packages_of_the_lock_are_taken_with_their_hashes(root: Path) -> None:
    wanted = read(root, "uv.lock", "uv.lock", "pyproject.toml")

    library, sqlparse = wanted.lines
    assert library == f"{root}/packages/lib"
    assert sqlparse.startswith("sqlparse==0.5.3")
    assert "--hash=sha256:" in sqlparse
    assert wanted.index_lines == ()
    assert wanted.is_complete


def test_extras_and_groups_are_taken_when_asked_for(root: Path) -> None:
    wanted = read(root, "uv.lock", "uv.lock", "pyproject.toml", extras=("idn",), groups=("prod",))

    assert names(wanted)[1:] == ["asgiref", "idna", "sqlparse"]


def test_a_member_of_the_workspace_gets_its_own(root: Path) -> None:
    wanted = read(root, "uv.lock", "uv.lock", "web/pyproject.toml")

    assert names(wanted) == [f"{root}/packages/lib", "asgiref"]


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        ({"extras": ("pg",)}, r"uv.lock: found no extra 'pg'", "Known are idn."),
        ({"groups": ("live",)}, r"uv.lock: found no group 'live'", "Known are dev, prod."),
    ],
)
def test_an_unknown_extra_or_group_is_an_error(
    root: Path, asked: dict[str, tuple[str, ...]], message: str, hint: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        read(root, "uv.lock", "uv.lock", "pyproject.toml", **asked)

    assert caught.value.hint == hint


def test_a_project_without_a_lock_but_with_sources_for_uv_is_locked_by_uv(root: Path) -> None:
    (root / "uv.lock").unlink()

    assert names(read(root, "pyproject.toml")) == [f"{root}/packages/lib", "sqlparse"]


def test_only_its_own_packages_are_asked_of_another_index(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the credentials that uv would find."""
    monkeypatch.setenv("UV_INDEX_OUR_OWN_USERNAME", "me")
    monkeypatch.setenv("UV_INDEX_OUR_OWN_PASSWORD", "s/cret")
    lock = (root / "uv.lock").read_text()
    name = 'name = "asgiref"\nversion = "3.8.1"\nsource = { registry = '
    write_tree(
        root,
        {
            "uv.lock": lock.replace(name + '"https://pypi.org/simple"', name + '"https://pypi.example.org/simple"'),
            "pyproject.toml": WORKSPACE["pyproject.toml"]
            + '[[tool.uv.index]]\nname = "our-own"\nurl = "https://pypi.example.org/simple"\n',
        },
    )

    wanted = read(root, "uv.lock", "uv.lock", "pyproject.toml", groups=("prod",))

    ((index, (line,)),) = wanted.by_index.items()
    assert index == "https://me:s%2Fcret@pypi.example.org/simple"
    assert line.startswith("asgiref==3.8.1")
    assert names(wanted)[1:] == ["sqlparse"]
    assert wanted.index_lines == ()


def test_a_broken_lock_is_an_error(root: Path) -> None:
    (root / "uv.lock").write_text("version = 99\n")

    with pytest.raises(UserError, match=r"^cannot read uv.lock with uv"):
        read(root, "uv.lock", "uv.lock", "pyproject.toml")


@pytest.mark.long
def test_with_uv_and_without_it_the_same_is_installed(
    root: Path, uv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source("uv.lock", (Path("uv.lock"), Path("pyproject.toml")))
    python = find_python(sys.executable)
    found: list[list[str]] = []
    for place in (str(uv), "/nowhere"):
        monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")
        installed = install_dependencies(source, root, Options(), python, tmp_path / f"venv{len(found)}")
        found.append(sorted(name for name in read_tree(installed.site_packages) if _is_code(name)))

    assert found[0] == found[1]
    assert {"lib/__init__.py", "sqlparse/__init__.py"} < set(found[0])
    assert not [name for name in found[0] if name.endswith(".pth")]


def _is_code(name: str) -> bool:
    return not name.endswith(
        (".pyc", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json", "_virtualenv.py")
    )
