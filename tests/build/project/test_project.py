"""How a project is found on disk."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from django_pyz.dependencies.source import Source
from django_pyz.options import Options
from django_pyz.project import project
from django_pyz_runtime.errors import UserError
from tests.build.trees import PLAIN_MANAGE_PY, SMALL_PROJECT, write_tree


def _find(root: Path, options: Options | None = None, environ: Mapping[str, str] | None = None) -> project.Project:
    return project.find(root, options or Options(), environ or {})


def _below(folder: str, files: Mapping[str, str] = SMALL_PROJECT) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in files.items()}


def test_a_plain_project_needs_no_option(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {**SMALL_PROJECT, "myproj/wsgi.py": ""})

    assert _find(root) == project.Project(
        root=root,
        folder=root,
        name="shop",
        script="shop",
        settings_module="myproj.settings",
        import_roots=(root,),
        last_import_roots=(),
        manage_py=None,
        manage_call="",
        wsgi_module="myproj.wsgi",
        asgi_module="",
        variables={},
        source=Source("requirements", (Path("requirements.txt"),)),
        package=None,
    )


@pytest.mark.parametrize("folder", ["src", "backend", "services/web"])
def test_manage_py_may_stand_below(tmp_path: Path, folder: str) -> None:
    root = write_tree(tmp_path / "shop", _below(folder))

    found = _find(root)

    assert (found.root, found.folder, found.name) == (root, root / folder, "shop")
    assert found.import_roots == (root / folder,)
    assert found.last_import_roots[-1] == root


def test_the_nearest_manage_py_is_taken(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {**SMALL_PROJECT, **_below("example")})

    assert _find(root).folder == root


def test_the_one_in_src_comes_before_others_of_its_depth(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {**_below("src"), **_below("example")})

    assert _find(root).folder == root / "src"


@pytest.mark.parametrize("folder", ["tests", "node_modules/x", ".hidden", "docs"])
def test_one_in_a_folder_of_other_things_does_not_count(tmp_path: Path, folder: str) -> None:
    root = write_tree(tmp_path / "shop", {**_below("backend"), f"{folder}/manage.py": ""})

    assert _find(root).folder == root / "backend"


def test_two_are_an_error_that_lists_them(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**_below("api"), **_below("web")})

    with pytest.raises(UserError, match=r"(?m)found several:\n  api/manage.py\n  web/manage.py$") as caught:
        _find(root)

    assert caught.value.hint == "Name one with --manage-py."
    assert _find(root, Options(manage_py="web/manage.py")).folder == root / "web"


def test_of_two_the_one_that_speaks_of_django_is_taken(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**_below("web"), "tool/manage.py": "print('no such thing')"})

    assert _find(root).folder == root / "web"


@pytest.mark.parametrize("path", ["gone.py", "../manage.py"])
def test_a_manage_py_that_is_named_must_be_there(tmp_path: Path, path: str) -> None:
    root = write_tree(tmp_path / "shop", SMALL_PROJECT)
    (tmp_path / "manage.py").touch()

    with pytest.raises(UserError, match=rf"(?m)^manage-py: {root}/{path}: wanted a file inside {root}$"):
        _find(root, Options(manage_py=path))


def test_none_is_an_error_that_says_where_was_looked(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"wanted a Django project, found no manage.py here or up to") as caught:
        _find(write_tree(tmp_path, {"requirements.txt": "Django"}))
    assert caught.value.hint == "Name its folder, or give --settings-module."


def test_one_among_tests_is_no_site_but_can_be_named(tmp_path: Path) -> None:
    named = SMALL_PROJECT["manage.py"].replace("myproj", "shop.tests")
    files = {"shop/tests/manage.py": named, "shop/tests/settings.py": "", "requirements.txt": "Django"}
    root = write_tree(tmp_path, files)
    with pytest.raises(UserError) as caught:
        _find(root)
    option, path = shlex.split(caught.value.hint.partition("give ")[2].partition(", which")[0])
    assert (option, _find(root, Options(manage_py=path)).settings_module) == ("--manage-py", "shop.tests.settings")


def test_a_file_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "manage.py").touch()

    with pytest.raises(UserError, match=r"wanted a folder with a Django project, found no folder"):
        _find(tmp_path / "manage.py")


def test_the_option_wins_over_the_environment_and_that_over_manage_py(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**SMALL_PROJECT, "myproj/one.py": "", "myproj/two/__init__.py": ""})
    environ = {"DJANGO_SETTINGS_MODULE": "myproj.one"}

    assert _find(root).settings_module == "myproj.settings"
    assert _find(root, environ=environ).settings_module == "myproj.one"
    assert _find(root, Options(settings_module="myproj.two"), environ).settings_module == "myproj.two"


def test_a_manage_py_with_several_settings_modules_lists_them(tmp_path: Path) -> None:
    choice = 'if "X" in os.environ:\n    os.environ["DJANGO_SETTINGS_MODULE"] = "myproj.live"\n'
    files = {"manage.py": f"import os, sys\n{choice}{PLAIN_MANAGE_PY}", "myproj/live.py": "", "myproj/one.py": ""}
    root = write_tree(tmp_path, {**SMALL_PROJECT, **files})

    with pytest.raises(UserError, match=r"found several:\n  myproj.live\n  myproj.settings") as caught:
        _find(root)

    assert "--settings-module" in caught.value.hint
    assert _find(root, Options(settings_module="myproj.one")).settings_module == "myproj.one"


def test_a_manage_py_without_a_settings_module_lists_those_there_are(tmp_path: Path) -> None:
    apps = "INSTALLED_APPS = []\n"
    files = {"manage.py": "", "conf/settings/base.py": apps, "conf/settings/live.py": "from .base import *\n"}

    with pytest.raises(UserError, match=r"(?m)found several:\n  conf.settings.base\n  conf.settings.live$") as caught:
        _find(write_tree(tmp_path, {**SMALL_PROJECT, **files}))

    assert caught.value.hint == "Give --settings-module."


def _names(*modules: str) -> str:
    return "".join(f'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{module}")\n' for module in modules)


@pytest.mark.parametrize("server", ["wsgi", "asgi"])
def test_the_settings_that_the_site_is_served_with_are_taken_and_a_note_says_so(tmp_path: Path, server: str) -> None:
    files = {"myproj/live.py": "", f"myproj/{server}.py": _names("myproj.live")}
    root = write_tree(tmp_path, {**SMALL_PROJECT, **files})

    found = _find(root)

    assert found.settings_module == "myproj.live"
    assert found.notes == (
        "of two settings modules, the build uses the one for serving "
        f"(myproj/{server}.py: myproj.live; manage.py: myproj.settings)",
    )
    told = _find(root, Options(settings_module="myproj.settings"))
    assert (told.settings_module, told.notes) == ("myproj.settings", ())


def test_the_wsgi_module_settles_what_manage_py_leaves_open(tmp_path: Path) -> None:
    apps = "INSTALLED_APPS = []\n"
    files = {"manage.py": "", "conf/base.py": apps, "conf/settings/live.py": apps, "conf/settings/dev.py": apps}
    root = write_tree(tmp_path, {**files, "requirements.txt": "Django", "conf/wsgi.py": _names("conf.settings.live")})

    assert _find(root).settings_module == "conf.settings.live"


def test_a_wsgi_module_with_several_settings_of_which_manage_py_names_one_agrees(tmp_path: Path) -> None:
    files = {"myproj/live.py": "", "myproj/wsgi.py": _names("myproj.live", "myproj.settings")}

    found = _find(write_tree(tmp_path, {**SMALL_PROJECT, **files}))

    assert (found.settings_module, found.notes) == ("myproj.settings", ())


def test_a_wsgi_module_with_several_other_settings_is_an_error_that_names_all(tmp_path: Path) -> None:
    files = {"myproj/a.py": "", "myproj/b.py": "", "myproj/wsgi.py": _names("myproj.a", "myproj.b")}
    root = write_tree(tmp_path, {**SMALL_PROJECT, **files})

    with pytest.raises(UserError) as caught:
        _find(root)

    assert "  myproj/wsgi.py: myproj.a or myproj.b\n  manage.py: myproj.settings" in str(caught.value)
    assert "--settings-module" in caught.value.hint
    assert _find(root, Options(settings_module="myproj.b")).settings_module == "myproj.b"


def test_settings_that_the_wsgi_module_names_but_that_are_not_there_do_not_count(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**SMALL_PROJECT, "myproj/wsgi.py": _names("myproj.live")})

    assert _find(root).settings_module == "myproj.settings"


@pytest.mark.parametrize(
    ("folder", "files", "name"),
    [
        ("shop", {"shop/base/settings.py": ""}, "base.settings"),
        ("shop", {"shop/__init__.py": "", "shop/base/settings.py": ""}, "base.settings"),
        ("", {"src/conf/settings.py": ""}, "conf.settings"),
        (".", {"src/conf/settings.py": 'ROOT_URLCONF = "src.conf.urls"\n'}, "src.conf.settings"),
        ("a/b", {"a/b/conf/settings/live.py": "ROOT_URLCONF = 'conf.settings.urls'\n"}, "conf.settings.live"),
    ],
)
def test_a_file_that_has_several_names_counts_once(
    tmp_path: Path, folder: str, files: dict[str, str], name: str
) -> None:
    texts = {path: text + "INSTALLED_APPS = []\n" for path, text in files.items() if "settings" in path}
    root = write_tree(tmp_path, {**files, **texts, f"{folder}/manage.py".lstrip("/"): "", "requirements.txt": "Django"})

    assert _find(root).settings_module == name


def test_two_names_of_one_file_agree(tmp_path: Path) -> None:
    """Projects of the first Django have their folder on sys.path, and the one above it."""
    manage = PLAIN_MANAGE_PY.replace("myproj.settings", "settings")
    files = {"shop/manage.py": manage, "shop/settings.py": "", "shop/wsgi.py": _names("shop.settings")}

    found = _find(write_tree(tmp_path, {**files, "requirements.txt": "Django"}))

    assert (found.settings_module, found.notes) == ("settings", ())


def _package(main: str) -> dict[str, str]:
    scripts = '[build-system]\nrequires = []\n[project]\nname = "shop"\ndependencies = ["Django"]\n'
    files = {"shop/__init__.py": "", "shop/cli.py": main, "shop/settings.py": ""}
    return {**files, "pyproject.toml": scripts + '[project.scripts]\nshop = "shop.cli:main"\n'}


@pytest.mark.parametrize("folder", ["", "src/"])
def test_without_manage_py_a_console_script_names_the_settings(tmp_path: Path, folder: str) -> None:
    main = PLAIN_MANAGE_PY.replace("myproj", "shop")
    root = write_tree(tmp_path / "shop", {"pyproject.toml": _package("")["pyproject.toml"]})
    write_tree(root / folder, {name: text for name, text in _package(main).items() if name != "pyproject.toml"})

    found = _find(root)

    assert (found.settings_module, found.manage_call, found.package) == ("shop.settings", "", root)
    assert found.import_roots[0] == root / folder


def test_a_console_script_that_does_more_is_called(tmp_path: Path) -> None:
    main = "import dotenv\n" + PLAIN_MANAGE_PY.replace("myproj", "shop")

    found = _find(write_tree(tmp_path / "shop", _package(main)))

    assert found.manage_call == "shop.cli:main"


def test_several_console_scripts_that_name_settings_are_listed(tmp_path: Path) -> None:
    files = _package(PLAIN_MANAGE_PY.replace("myproj", "shop"))
    files["shop/other.py"] = files["shop/cli.py"]
    files["pyproject.toml"] += 'other = "shop.other:main"\n'

    with pytest.raises(
        UserError,
        match=r"(?m)several console scripts that name settings:\n  other: shop.settings\n  shop: shop.settings$",
    ):
        _find(write_tree(tmp_path / "shop", files))


def test_nothing_but_settings_is_enough(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {"conf/settings.py": "INSTALLED_APPS = []\n", "requirements.txt": "Django"})

    assert _find(root).settings_module == "conf.settings"


def test_the_folders_that_manage_py_adds_are_import_roots(tmp_path: Path) -> None:
    added = 'sys.path.insert(0, os.path.join(os.path.dirname(__file__), "apps"))\nsys.path.append("/usr/lib")\n'
    files = {"manage.py": f"import os, sys\n{added}{PLAIN_MANAGE_PY}", "apps/one.py": ""}
    root = write_tree(tmp_path, {**SMALL_PROJECT, **files})

    assert _find(root).import_roots == (root / "apps", root)


def test_variables_that_manage_py_and_the_wsgi_module_agree_on_are_kept(tmp_path: Path) -> None:
    both = 'os.environ.setdefault("DJANGO_CONFIGURATION", "Live")\n'
    manage = f'import os\nos.environ["IS_COMMAND"] = "1"\n{both}{PLAIN_MANAGE_PY}'
    root = write_tree(tmp_path, {**SMALL_PROJECT, "manage.py": manage, "myproj/wsgi.py": both})

    assert _find(root).variables == {"DJANGO_CONFIGURATION": "Live"}


def test_a_settings_module_that_is_not_there_names_the_places(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"'shop.settings': found no such file in {tmp_path}") as caught:
        _find(write_tree(tmp_path, SMALL_PROJECT), Options(settings_module="shop.settings"))

    assert caught.value.hint == "Give --settings-module."


def test_import_roots_are_manage_py_then_src_then_the_extra_paths(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**_below("web"), "src/lib.py": "", "apps/one.py": ""})

    assert _find(root, Options(extra_paths=("apps", "src"))).import_roots == (root / "web", root / "src", root / "apps")


@pytest.mark.parametrize("path", ["missing", "..", "manage.py"])
def test_an_extra_path_must_be_a_folder_inside(tmp_path: Path, path: str) -> None:
    root = write_tree(tmp_path / "shop", SMALL_PROJECT)

    with pytest.raises(UserError, match=rf"(?m)^extra-paths: .*{path}: wanted a folder inside {root}$"):
        _find(root, Options(extra_paths=(path,)))


@pytest.mark.parametrize(
    ("settings_module", "files", "wsgi_module"),
    [
        ("myproj.settings", ["myproj/wsgi.py"], "myproj.wsgi"),
        ("myproj.conf.live", ["myproj/conf/live.py", "myproj/wsgi.py"], "myproj.wsgi"),
        ("myproj.conf.live", ["myproj/conf/live.py", "myproj/conf/wsgi.py", "myproj/wsgi.py"], "myproj.conf.wsgi"),
        ("myproj.settings", ["myproj/wsgi/__init__.py"], "myproj.wsgi"),
        ("settings", ["settings.py", "wsgi.py"], "wsgi"),
        ("myproj.settings", ["other/wsgi.py"], "other.wsgi"),
        ("myproj.settings", ["other/wsgi.py", "third/wsgi.py"], ""),
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

    with pytest.raises(UserError, match="wanted letters, digits, dots, dashes") as caught:
        _find(root, Options(name=name))
    assert "--name" in caught.value.hint
    with pytest.raises(UserError, match=repr(name)):
        _find(root, Options(name="shop", script=name))


def test_a_manage_py_that_does_more_is_run(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**SMALL_PROJECT, "manage.py": f"import dotenv\n{PLAIN_MANAGE_PY}"})

    assert _find(root).manage_py == root / "manage.py"


def test_settings_of_the_same_name_are_those_beside_each_manage_py(tmp_path: Path) -> None:
    settings = {f"{folder}/config/settings.py": "INSTALLED_APPS = []\n" for folder in ("api", "web")}
    starts = {f"{folder}/manage.py": "import django\n" for folder in ("api", "web")}
    root = write_tree(tmp_path / "shop", {**starts, **settings, "requirements.txt": "Django\n"})

    for folder in ("api", "web"):
        found = _find(root, Options(manage_py=f"{folder}/manage.py"))
        assert (found.settings_module, found.import_roots) == ("config.settings", (root / folder,))


@pytest.mark.parametrize("has_manage_py", [True, False])
def test_the_option_that_leads_to_the_settings_is_named(tmp_path: Path, has_manage_py: bool) -> None:
    elsewhere = {f"sub/{name}": text for name, text in SMALL_PROJECT.items() if has_manage_py or name != "manage.py"}
    root = write_tree(tmp_path / "shop", {**elsewhere, "manage.py": SMALL_PROJECT["manage.py"]})
    (root / "requirements.txt").write_text("Django\n")
    with pytest.raises(UserError, match="found no such file") as caught:
        _find(root)
    told = re.fullmatch(r"It is in sub: give --(\S+) (\S+)\.", caught.value.hint)
    assert told

    option = {"manage-py": Options(manage_py=told[2]), "extra-paths": Options(extra_paths=(told[2],))}[told[1]]

    assert _find(root, option).settings_module == "myproj.settings"
