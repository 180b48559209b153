"""Names and places that follow from the project's name."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from django_pyz_runtime.bundle import names
from django_pyz_runtime.bundle.names import ConfigurationFile, absolute, env_prefix, find_configuration, user_folder
from django_pyz_runtime.errors import UserError

FOLDERS = [
    ("XDG_CACHE_HOME", ".cache", platformdirs.user_cache_dir),
    ("XDG_CONFIG_HOME", ".config", platformdirs.user_config_dir),
    ("XDG_DATA_HOME", ".local/share", platformdirs.user_data_dir),
]


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("project", "PROJECT__"), ("my-site.org", "MY_SITE_ORG__"), ("site2", "SITE2__"), ("2site", "_2SITE__")],
)
def test_the_prefix_is_a_name_that_a_shell_can_set(name: str, prefix: str) -> None:
    assert env_prefix(name) == prefix


def test_a_path_leads_from_any_folder_to_what_it_leads_to_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "releases" / "one").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "current").symlink_to(tmp_path / "releases" / "one")
    (tmp_path / "releases" / "site.ini").write_text("above the link's target")
    monkeypatch.chdir(tmp_path / "here")
    assert absolute("site.ini") == f"{tmp_path}/here/site.ini"
    assert absolute("./../releases//site.ini") == f"{tmp_path}/releases/site.ini"
    assert Path(absolute("current/../site.ini")).read_text() == "above the link's target"


def test_standard_input_from_a_file_is_that_file(tmp_path: Path) -> None:
    path = tmp_path / "site.ini"
    path.write_text("")
    with path.open() as file:
        assert absolute(f"/dev/fd/{file.fileno()}") == absolute(f"/proc/self/fd/{file.fileno()}") == str(path)


def test_a_path_from_a_folder_that_is_gone_is_told_by_its_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert absolute("/site.ini", "--config") == "/site.ini"
    with pytest.raises(UserError, match=r"--config site\.ini: starts from the current folder, which has been removed"):
        absolute("site.ini", "--config")


@pytest.mark.parametrize("chosen", [None, "", "/elsewhere", "relative", " "])
@pytest.mark.parametrize(("variable", "default", "expected"), FOLDERS)
def test_a_users_folder_is_where_platformdirs_has_it(
    variable: str,
    default: str,
    expected: type[str],
    chosen: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(variable, raising=False)
    if chosen is not None:
        monkeypatch.setenv(variable, chosen)
    assert user_folder(variable, default, os.environ) == expected()


@pytest.mark.parametrize("home", ["/", "/nonexistent", "", "."])
def test_there_is_no_users_folder_without_a_home(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", home)
    assert user_folder("XDG_CACHE_HOME", ".cache", {}) == ""


@pytest.mark.parametrize(
    ("default", "expected"), [(".cache", "Library/Caches"), (".config", "Library/Application Support")]
)
def test_macos_has_its_own_folders(
    default: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_folder("XDG_UNSET", default, {}, platform="darwin") == str(tmp_path / expected)


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for /etc."""
    monkeypatch.setattr(names, "SYSTEM_CONFIGURATION", str(tmp_path / "etc"))
    return tmp_path / "etc"


def test_the_option_wins_over_the_variable(etc: Path) -> None:
    found = find_configuration("project", "a.ini", {"PROJECT__CONFIG": "/b.ini"}, 0)
    assert found == ConfigurationFile(os.path.abspath("a.ini"), "--config")


def test_the_variable_wins_over_the_default(etc: Path) -> None:
    found = find_configuration("project", None, {"PROJECT__CONFIG": "/b.ini"}, 0)
    assert found == ConfigurationFile("/b.ini", "PROJECT__CONFIG")


def test_root_is_configured_in_etc_whatever_its_home_holds(etc: Path) -> None:
    found = find_configuration("project", None, {"XDG_CONFIG_HOME": "/home/mallory"}, 0)
    assert found == ConfigurationFile(f"{etc}/project/settings.ini", "")


def test_a_user_is_configured_at_home_where_etc_has_nothing(etc: Path) -> None:
    found = find_configuration("project", None, {"XDG_CONFIG_HOME": "/home/alice"}, 1000)
    assert found == ConfigurationFile("/home/alice/project/settings.ini", "")


def test_a_user_is_configured_in_etc_where_it_has_a_file(etc: Path) -> None:
    (etc / "project").mkdir(parents=True)
    (etc / "project/settings.ini").touch()
    found = find_configuration("project", None, {"XDG_CONFIG_HOME": "/home/alice"}, 1000)
    assert found == ConfigurationFile(f"{etc}/project/settings.ini", "")
