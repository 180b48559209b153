"""How a project is found on disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from django_pyz import project
from django_pyz.errors import BuildError
from django_pyz.options import Options
from tests.build.trees import PLAIN_MANAGE_PY, SMALL_PROJECT, write_tree


def _find(root: Path, options: Options | None = None, environ: Mapping[str, str] | None = None) -> project.Project:
    return project.find(root, options or Options(), environ or {})


def _below(folder: str, files: Mapping[str, str] = SMALL_PROJECT) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in files.items()}


def test_a_plain_project_needs_no_option(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {**SMALL_PROJECT, "myproj/wsgi.py": ""})

    assert _find(root) == project.Project(
        root=root,
        manage_py=root / "manage.py",
        name="shop",
        script="shop",
        settings_module="myproj.settings",
        import_roots=(root,),
        wsgi_module="myproj.wsgi",
        runs_manage_py=False,
        requirements=(root / "requirements.txt",),
        dependencies=(),
    )


@pytest.mark.parametrize("folder", ["src", "backend", "services/web"])
def test_manage_py_may_stand_below(tmp_path: Path, folder: str) -> None:
    root = write_tree(tmp_path / "shop", _below(folder))

    found = _find(root)

    assert (found.root, found.manage_py, found.name) == (root, root / folder / "manage.py", "shop")
    assert found.import_roots == (root / folder,)


def test_the_nearest_manage_py_is_taken(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {**SMALL_PROJECT, **_below("example")})

    assert _find(root).manage_py == root / "manage.py"


def test_the_one_in_src_comes_before_others_of_its_depth(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {**_below("src"), **_below("example")})

    assert _find(root).manage_py == root / "src" / "manage.py"


@pytest.mark.parametrize("folder", ["tests", "node_modules/x", ".hidden", "docs"])
def test_one_in_a_folder_of_other_things_does_not_count(tmp_path: Path, folder: str) -> None:
    root = write_tree(tmp_path / "shop", {**_below("backend"), f"{folder}/manage.py": ""})

    assert _find(root).manage_py == root / "backend" / "manage.py"


def test_two_are_an_error_that_lists_them(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**_below("api"), **_below("web")})

    with pytest.raises(BuildError, match=r"found several:\n  api/manage.py\n  web/manage.py$") as caught:
        _find(root)

    assert caught.value.hint == "Name the folder of one of them."


def test_none_is_an_error_that_says_where_was_looked(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"wanted a manage.py here or one or two folders below, found none"):
        _find(write_tree(tmp_path, _below("a/b/c")))


def test_a_file_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "manage.py").touch()

    with pytest.raises(BuildError, match=r"wanted a folder with manage.py, found no folder"):
        _find(tmp_path / "manage.py")


def test_the_option_wins_over_the_environment_and_that_over_manage_py(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**SMALL_PROJECT, "myproj/one.py": "", "myproj/two/__init__.py": ""})
    environ = {"DJANGO_SETTINGS_MODULE": "myproj.one"}

    assert _find(root).settings_module == "myproj.settings"
    assert _find(root, environ=environ).settings_module == "myproj.one"
    assert _find(root, Options(settings_module="myproj.two"), environ).settings_module == "myproj.two"


def test_a_manage_py_with_several_settings_modules_lists_them(tmp_path: Path) -> None:
    choice = 'if "test" in sys.argv:\n    os.environ["DJANGO_SETTINGS_MODULE"] = "myproj.test_settings"\n'
    root = write_tree(
        tmp_path, {**SMALL_PROJECT, "manage.py": f"import os, sys\n{choice}{PLAIN_MANAGE_PY}", "myproj/one.py": ""}
    )

    with pytest.raises(BuildError, match=r"found several: myproj.settings, myproj.test_settings") as caught:
        _find(root)

    assert "--settings-module" in caught.value.hint
    assert _find(root, Options(settings_module="myproj.one")).settings_module == "myproj.one"


def test_a_manage_py_without_a_settings_module_asks_for_the_option(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="wanted DJANGO_SETTINGS_MODULE set in it, found no literal") as caught:
        _find(write_tree(tmp_path, {**SMALL_PROJECT, "manage.py": ""}))

    assert caught.value.hint == "Give --settings-module."


def test_a_settings_module_that_is_not_there_names_the_places(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=rf"'shop.settings': found no such file in {tmp_path}") as caught:
        _find(write_tree(tmp_path, SMALL_PROJECT), Options(settings_module="shop.settings"))

    assert caught.value.hint == "Give --settings-module."


def test_import_roots_are_manage_py_then_src_then_the_extra_paths(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**_below("web"), "src/lib.py": "", "apps/one.py": ""})

    assert _find(root, Options(extra_paths=("apps", "src"))).import_roots == (root / "web", root / "src", root / "apps")


@pytest.mark.parametrize("path", ["missing", "..", "manage.py"])
def test_an_extra_path_must_be_a_folder_inside(tmp_path: Path, path: str) -> None:
    root = write_tree(tmp_path / "shop", SMALL_PROJECT)

    with pytest.raises(BuildError, match=rf"^extra-paths: .*{path}: wanted a folder inside {root}$"):
        _find(root, Options(extra_paths=(path,)))


@pytest.mark.parametrize(
    ("settings_module", "files", "wsgi_module"),
    [
        ("myproj.settings", ["myproj/wsgi.py"], "myproj.wsgi"),
        ("myproj.conf.live", ["myproj/conf/live.py", "myproj/wsgi.py"], "myproj.wsgi"),
        ("myproj.conf.live", ["myproj/conf/live.py", "myproj/conf/wsgi.py", "myproj/wsgi.py"], "myproj.conf.wsgi"),
        ("myproj.settings", ["myproj/wsgi/__init__.py"], "myproj.wsgi"),
        ("settings", ["settings.py", "wsgi.py"], "wsgi"),
        ("myproj.settings", ["other/wsgi.py"], ""),
    ],
)
def test_the_wsgi_module_is_the_nearest_one(
    tmp_path: Path, settings_module: str, files: list[str], wsgi_module: str
) -> None:
    root = write_tree(tmp_path, {**SMALL_PROJECT, **dict.fromkeys(files, "")})

    assert _find(root, Options(settings_module=settings_module)).wsgi_module == wsgi_module


def test_names_come_from_the_options(tmp_path: Path) -> None:
    root = write_tree(tmp_path, SMALL_PROJECT)

    assert _find(root, Options(name="shop")).script == "shop"
    found = _find(root, Options(name="shop", script="shop-script"))
    assert (found.name, found.script) == ("shop", "shop-script")


@pytest.mark.parametrize("name", ["my shop", "a/b", ".hidden", "-x", "shöp"])
def test_a_name_that_cannot_be_a_file_name_is_refused(tmp_path: Path, name: str) -> None:
    root = write_tree(tmp_path, SMALL_PROJECT)

    with pytest.raises(BuildError, match="wanted letters, digits, dots, dashes") as caught:
        _find(root, Options(name=name))
    assert "--name" in caught.value.hint
    with pytest.raises(BuildError, match=repr(name)):
        _find(root, Options(name="shop", script=name))


def test_a_manage_py_that_does_more_is_run(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**SMALL_PROJECT, "manage.py": f"import dotenv\n{PLAIN_MANAGE_PY}"})

    assert _find(root).runs_manage_py


def _requirements(root: Path, options: Options | None = None) -> tuple[list[str], tuple[str, ...]]:
    found = _find(root, options)
    return [path.relative_to(root).as_posix() for path in found.requirements], found.dependencies


def test_requirements_beside_manage_py_win_over_those_above(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**_below("web"), "requirements.txt": ""})

    assert _requirements(root) == (["web/requirements.txt"], ())


def test_requirements_above_manage_py_are_found(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**_below("web"), "requirements.txt": ""})
    (root / "web" / "requirements.txt").unlink()

    assert _requirements(root) == (["requirements.txt"], ())


def test_given_requirements_win(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**SMALL_PROJECT, "live.txt": "", "more/extra.txt": ""})

    assert _requirements(root, Options(requirements=("live.txt", "more/extra.txt"))) == (
        ["live.txt", "more/extra.txt"],
        (),
    )


def test_dependencies_of_pyproject_are_taken_where_there_is_no_file(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**SMALL_PROJECT, "pyproject.toml": "[project]\ndependencies = ['Django>=5']\n"})
    assert _requirements(root) == (["requirements.txt"], ())

    (root / "requirements.txt").unlink()
    assert _requirements(root) == ([], ("Django>=5",))


@pytest.mark.parametrize("pyproject", ["", "[project]\nname = 'shop'\n"])
def test_no_dependencies_at_all_is_an_error(tmp_path: Path, pyproject: str) -> None:
    root = write_tree(tmp_path, {**SMALL_PROJECT, "pyproject.toml": pyproject})
    (root / "requirements.txt").unlink()

    with pytest.raises(BuildError, match=r"wanted requirements.txt, or dependencies in pyproject.toml, found neither"):
        _find(root)


def test_a_broken_pyproject_beside_manage_py_is_told_with_its_path(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**_below("web"), "web/pyproject.toml": "[project"})
    (root / "web" / "requirements.txt").unlink()

    with pytest.raises(BuildError, match=rf"^{root}/web/pyproject.toml: cannot be read"):
        _find(root)


def test_a_given_requirements_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"requirements: .*live.txt: found no such file"):
        _find(write_tree(tmp_path, SMALL_PROJECT), Options(requirements=("live.txt",)))
