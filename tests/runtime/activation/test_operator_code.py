"""Modules that each installation writes for itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from django_pyz_runtime.activation.operator_code import OperatorModules, check_module_file
from django_pyz_runtime.errors import UserError
from tests.runtime.conftest import Load, Python

IMPORT = """
import sys
from django_pyz_runtime.activation.operator_code import OperatorModules
sys.meta_path.insert(0, OperatorModules({"shop.configuration": sys.argv[1], "settings": sys.argv[1]}))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A module of an installation."""
    path = tmp_path / "installation.py"
    path.write_text("NAME = __name__\n")
    path.chmod(0o644)
    return path


def test_it_is_imported_by_the_name_that_the_project_knows(file: Path, tmp_path: Path, python: Python) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "configuration.py").write_text("NAME = 'of the project'\n")

    said = python(
        IMPORT + "import settings; from shop import configuration; print(settings.NAME, configuration.NAME)", str(file)
    )

    assert said == "settings shop.configuration\n"


def test_every_other_module_is_left_to_others(file: Path) -> None:
    assert OperatorModules({"settings": str(file)}).find_spec("json") is None


def test_a_file_that_others_can_write_is_refused(file: Path) -> None:
    file.chmod(0o666)

    with pytest.raises(UserError, match=rf"^\[modules\] settings: {file} can be written by other users") as caught:
        check_module_file("settings", str(file))
    subprocess.run(["sh", "-c", caught.value.hint], check=True)
    assert check_module_file("settings", str(file)) == str(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^\[modules\] settings: .*/gone.py: no such file or directory$"):
        check_module_file("settings", str(tmp_path / "gone.py"))


def test_a_path_in_a_file_is_relative_to_the_file(load: Load, tmp_path: Path) -> None:
    configuration = load("[modules]\nshop.configuration = configuration.py\n")

    (value,) = configuration.section("modules")
    assert (value.key, value.text) == ("shop.configuration", str(tmp_path / "configuration.py"))


def test_the_environment_writes_dots_as_two_underscores(load: Load) -> None:
    configuration = load("", PROJECT__MODULES__shop__configuration="/etc/x.py")

    assert [value.key for value in configuration.section("modules")] == ["shop.configuration"]


@pytest.mark.parametrize("key", ["shop..x", "9", "shop/x"])
def test_what_is_no_module_name_is_refused(load: Load, key: str) -> None:
    (problem,) = load(f"[modules]\n{key} = /x.py\n").problems

    assert f"[modules] cannot have the name '{key}'" in problem


def test_a_relative_path_from_elsewhere_is_refused(load: Load) -> None:
    (problem,) = load("", PROJECT__MODULES__settings="x.py").problems

    assert "wanted an absolute path, found 'x.py'" in problem


def test_a_file_of_any_name_is_a_module_and_a_folder_is_none(tmp_path: Path, python: Python) -> None:
    path = tmp_path / "configuration"
    path.write_text("NAME = __name__\n")
    path.chmod(0o600)

    assert python(IMPORT + "import settings; print(settings.NAME)", str(path)) == "settings\n"
    with pytest.raises(UserError, match=r"wanted a Python file, found a folder$"):
        check_module_file("settings", str(tmp_path))


def test_a_credential_is_no_path(load: Load, tmp_path: Path) -> None:
    (tmp_path / "configuration").write_text("/etc/shop/configuration.py\n")

    configuration = load("[modules]\nsettings@credential = configuration\n", CREDENTIALS_DIRECTORY=str(tmp_path))

    assert [value.text for value in configuration.section("modules")] == ["/etc/shop/configuration.py"]
