"""For which patch releases of a Python the installed packages are all that is needed."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.markers import default_environment

from django_pyz.dependencies import patch_releases
from django_pyz.dependencies.installers import installed_versions
from django_pyz.dependencies.locks import readers
from django_pyz.dependencies.locks.target import Target, wanted_pythons
from django_pyz.dependencies.patch_releases import PatchReleases
from tests.build.reading import request
from tests.build.trees import write_tree


def _supported(
    tmp_path: Path, metadata: Iterable[str], *lines: str, built: str = "3.11.7", wants: str = "", **packages: str
) -> PatchReleases:
    """What is supported by an environment with redis, whose metadata has these lines, and other packages."""
    texts = {"redis": "\n".join(metadata), **dict.fromkeys(packages, "")}
    files = {
        f"{name}-1.dist-info/METADATA": f"Name: {name}\nVersion: {packages.get(name, '5.0')}\n{text}\n"
        for name, text in texts.items()
    }
    folder = write_tree(tmp_path / "site-packages", files)
    target = Target({**default_environment(), "python_full_version": built, "python_version": built[:4]}, ())
    found = patch_releases.needs(folder, {"requirements.txt": lines}, {"pyproject.toml": wants})
    return patch_releases.supported(found, installed_versions(folder), target)


OLD = 'Requires-Dist: async_timeout>=4.0.3; python_full_version < "3.11.3"'


@pytest.mark.parametrize(
    ("metadata", "built", "limits"),
    [
        (OLD, "3.11.7", (3, 0)),
        (OLD, "3.11.2", (0, 0)),
        (OLD, "3.12.1", (0, 0)),
        ('Requires-Dist: later; python_full_version >= "3.11.4"', "3.11.2", (0, 4)),
        ('Requires-Dist: a; python_full_version == "3.11.5" or python_full_version == "3.11.9"', "3.11.7", (6, 9)),
        ('Requires-Dist: a; implementation_version < "3.11.4"', "3.11.7", (4, 0)),
        ('Requires-Dist: a; python_version < "3.11.4" and python_full_version < "3.11.3"', "3.11.7", (3, 0)),
        ('Requires-Dist: a; sys_platform == "win32" and python_full_version < "3.11.3"', "3.11.7", (0, 0)),
        ('Requires-Dist: a; python_full_version < "3.11.3" and extra == "fast"', "3.11.7", (0, 0)),
        ('Requires-Dist: tomli; python_full_version <= "3.11.0a6"', "3.11.7", (0, 0)),
        ("Requires-Python: >=3.9,!=3.9.7,>=3.11.4", "3.11.7", (4, 0)),
        ("Requires-Python: >=3.9,!=3.9.7", "3.11.7", (0, 0)),
    ],
)
def test_a_package_that_wants_more_on_other_patch_releases_sets_limits(
    tmp_path: Path, metadata: str, built: str, limits: tuple[int, int]
) -> None:
    assert _supported(tmp_path, [metadata], built=built)[:2] == limits


def test_what_is_installed_all_the_same_sets_none(tmp_path: Path) -> None:
    assert _supported(tmp_path, [OLD], **{"async-timeout": "4.0.3"}) == PatchReleases()


def test_the_note_says_how_to_support_them_all(tmp_path: Path) -> None:
    assert _supported(tmp_path, [OLD], **{"async-timeout": "3"}).notes == (
        "the file runs on Python 3.11.3 or newer only: redis requires async_timeout>=4.0.3 on the others. "
        "To support them too, add async_timeout>=4.0.3 to the project's dependencies",
    )


def test_an_extra_counts_where_somebody_asks_for_it(tmp_path: Path) -> None:
    metadata = ['Requires-Dist: a; python_full_version < "3.11.3" and extra == "fast"']
    assert _supported(tmp_path, metadata, "redis[fast]==5.0 --hash=sha256:abc").least == 3


def test_the_project_s_own_requirements_count(tmp_path: Path) -> None:
    line = 'a==1 ; python_full_version < "3.11.2" --hash=sha256:abc'
    found = _supported(tmp_path, [], line, "./lib", "-e .", wants=">=3.11.1")
    assert found.least == 2
    assert "requirements.txt requires a==1 on the others" in found.notes[0]
    assert _supported(tmp_path, [], wants=">=3.11.5").notes == (
        "the file runs on Python 3.11.5 or newer only: pyproject.toml requires Python >=3.11.5",
    )


def test_it_is_asked_of_the_python_at_hand(tmp_path: Path) -> None:
    running = "{}.{}.{}".format(*sys.version_info)
    assert _supported(tmp_path, [f'Requires-Dist: a; python_full_version > "{running}"'], built=running).below == (
        sys.version_info[2] + 1
    )


RUNNING = "{}.{}.{}".format(*sys.version_info)
MARKER = f"python_full_version > '{RUNNING}'"
IN_GROUPS = f"""\
[[package]]
name = "redis"
version = "5.0"
groups = ["main"]
python-versions = ">=3.8"

[[package]]
name = "later"
version = "1"
groups = ["main", "prod"]
markers = {{main = "extra == 'fast'", prod = "{MARKER}"}}
python-versions = ">=3.8"
"""
BY_WALK = """\
[[package]]
name = "redis"
version = "5.0"
python-versions = ">=3.8"

[[package]]
name = "later"
version = "1"
python-versions = ">=3.8"

[metadata]
lock-version = "2.0"
python-versions = "^3.8"
"""
POETRY = f"""\
[tool.poetry.dependencies]
python = "^3.8"
redis = "*"
later = {{ version = "*", python = ">{RUNNING}" }}
"""
PYLOCK = f"""\
lock-version = "1.0"
created-by = "hand"
dependency-groups = ["prod"]
[[packages]]
name = "redis"
version = "5.0"
sdist = {{ url = "https://files.pythonhosted.org/redis-5.0.tar.gz", hashes = {{ sha256 = "dd" }} }}
[[packages]]
name = "later"
version = "1"
marker = "'prod' in dependency_groups and {MARKER}"
sdist = {{ url = "https://files.pythonhosted.org/later-1.tar.gz", hashes = {{ sha256 = "dd" }} }}
"""
PIPFILE = f'{{"default": {{"redis": {{"version": "==5.0"}}, "later": {{"version": "==1", "markers": "{MARKER}"}}}}}}'


@pytest.mark.parametrize(
    ("files", "groups"),
    [
        ({"poetry.lock": IN_GROUPS}, ("prod",)),
        ({"poetry.lock": BY_WALK, "pyproject.toml": POETRY}, ()),
        ({"pylock.toml": PYLOCK}, ("prod",)),
        ({"Pipfile.lock": PIPFILE}, ()),
    ],
)
def test_what_a_lock_has_for_other_patch_releases_counts(
    tmp_path: Path, files: dict[str, str], groups: tuple[str, ...]
) -> None:
    kind, *_ = files
    asked = request(write_tree(tmp_path / "shop", files), *files, groups=groups)

    lines = [*readers.read(kind, asked).all_lines, *readers.read_for_patch_releases(kind, asked)]
    found = _supported(tmp_path, [], *lines, built=RUNNING)

    assert (found.least, found.below) == (0, sys.version_info[2] + 1)
    assert "requirements.txt requires later==1 on the others" in found.notes[0]


def test_what_a_lock_has_for_a_group_that_is_not_built_does_not(tmp_path: Path) -> None:
    asked = request(write_tree(tmp_path / "shop", {"poetry.lock": IN_GROUPS}), "poetry.lock")

    lines = [*readers.read_for_patch_releases("poetry.lock", asked)]

    assert _supported(tmp_path, [], *lines, built=RUNNING) == PatchReleases()


@pytest.mark.parametrize(
    ("constraint", "limits"),
    [("^3.11.4", (4, 0)), (">=3.8,<3.11.9 || ^3.12", (0, 9)), ("^3.8", (0, 0)), ("~3.11.4", (4, 0)), ("", (0, 0))],
)
def test_python_as_poetry_writes_it_counts(tmp_path: Path, constraint: str, limits: tuple[int, int]) -> None:
    files = {"poetry.lock": f'[metadata]\npython-versions = "{constraint}"\n'}
    (wanted,) = wanted_pythons(request(write_tree(tmp_path / "shop", files), "poetry.lock")).values() or [""]

    assert _supported(tmp_path, [], wants=wanted)[:2] == limits
