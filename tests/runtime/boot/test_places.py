"""Where an unpacked tree may live."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from django_pyz_runtime.boot.places import installed_folders, temporary_folder, tree_folders


@pytest.fixture
def configuration(tmp_path: Path) -> str:
    """A configuration file with a cache folder."""
    path = tmp_path / "settings.ini"
    path.write_text("[project]\ncache_dir = /configured\n", encoding="utf-8")
    return str(path)


def test_the_best_place_comes_first(configuration: str) -> None:
    environ = {"CACHE_DIRECTORY": "/systemd:/second", "XDG_CACHE_HOME": "/home/root"}
    expected = ["/systemd", "/configured", "/var/cache/project", "/home/root/project"]
    assert list(tree_folders("project", environ, 0, configuration)) == expected


def test_a_user_does_not_write_to_the_system_cache() -> None:
    assert list(tree_folders("project", {"XDG_CACHE_HOME": "/home/a"}, 1000, "")) == ["/home/a/project"]


def test_the_environment_wins_over_the_file(configuration: str) -> None:
    environ = {"PROJECT__PROJECT__CACHE_DIR": "/chosen", "XDG_CACHE_HOME": "/home/a"}
    assert next(tree_folders("project", environ, 1000, configuration)) == "/chosen"


@pytest.mark.parametrize("content", [b"\xff cache_dir", b"cache_dir", b"[serve]\ncache_dir = /x", b"[project]\n"])
def test_a_file_that_names_no_cache_is_passed_over(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "settings.ini").write_bytes(content)
    found = tree_folders("project", {"XDG_CACHE_HOME": "/home/a"}, 1000, str(tmp_path / "settings.ini"))
    assert list(found) == ["/home/a/project"]


def test_a_relative_cache_does_not_put_code_into_the_current_directory() -> None:
    environ = {"PROJECT__PROJECT__CACHE_DIR": "cache", "XDG_CACHE_HOME": "/home/a"}
    assert list(tree_folders("project", environ, 1000, "")) == ["/home/a/project"]


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert next(tree_folders("project", {"PROJECT__PROJECT__CACHE_DIR": "~/x"}, 1000, "")) == f"{tmp_path}/x"


def test_each_user_has_a_temporary_folder_of_their_own() -> None:
    assert temporary_folder("project", 1000) == f"{os.path.realpath(tempfile.gettempdir())}/project-1000"
    assert temporary_folder("project", 1001) != temporary_folder("project", 1000)


@pytest.mark.parametrize(
    ("executable", "own"),
    [
        ("/usr/bin/project-script", []),
        ("/usr/local/bin/project-script", ["/usr/local/lib/project/releases"]),
        ("/tmp/root/usr/bin/project-script", ["/tmp/root/usr/lib/project/releases"]),
        ("/project.pyz", ["/lib/project/releases"]),
    ],
)
def test_an_installed_release_lies_beside_its_program(executable: str, own: list[str]) -> None:
    assert list(installed_folders("project", executable)) == ["/usr/lib/project/releases", *own]
