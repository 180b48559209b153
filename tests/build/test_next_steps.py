"""The next steps that messages name, each done to the letter: what an option is to say stands in the message itself."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

import django_pyz
from django_pyz import cli, options
from django_pyz.dependencies import patch_releases
from django_pyz.dependencies.install import run_wing_requirements
from django_pyz.dependencies.locks import readers
from django_pyz.dependencies.locks.target import Target
from django_pyz.dependencies.locks.wanted import Request, Wanted
from django_pyz.dependencies.patch_releases import PatchReleases
from django_pyz.files import secret_scan, selection, working_copy
from django_pyz.options import Options
from django_pyz.plan import Plan, make_plan
from django_pyz.project import project
from django_pyz.python import find_python
from django_pyz.report import notes, report_file
from django_pyz.report.summary import Summary, show
from django_pyz.stage import missing_module, static_files, trial_run
from django_pyz.stage.describe import describe
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER
from django_pyz_runtime.errors import UserError
from tests.build.stage.staged import MANIFEST as STAGED
from tests.build.stage.staged import make_staged
from tests.build.trees import PLAIN_MANAGE_PY, SMALL_PROJECT, commit_all, git, write_tree
from tests.small_bundle import ANSWER, MANIFEST, write_small


def _given(step: str) -> Options:
    """The options of a build whose command line ends with what a message says."""
    parser = ArgumentParser()
    options.add_arguments(parser)
    return options.with_arguments(Options(), parser.parse_args(shlex.split(step)))


def _find(root: Path, given: Options | None = None) -> project.Project:
    return project.find(root, given or Options(), {})


def _plan(root: Path, given: Options | None = None) -> Plan:
    return make_plan(root, root.parent / "x.pyz", lambda _: given or Options())


def _listed(problem: str) -> list[str]:
    """What a message lists, a line each."""
    return [line.strip() for line in problem.splitlines() if line.startswith("  ")]


def _below(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in files.items()}


_OPTION = re.compile(r"(?:give|with|or|what|one|build it again with that one:) (--[a-z-]+)", re.IGNORECASE)


def test_every_option_that_a_message_names_is_there() -> None:
    parser, packages = ArgumentParser(), ArgumentParser()
    cli.add_build_arguments(parser, Path())
    cli.add_package_arguments(packages)
    folder = Path(django_pyz.__file__).parent
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py"))
    texts = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    named = {option for text in texts if isinstance(text, str) for option in _OPTION.findall(text)}

    assert len(named) > 10
    assert named <= {*re.findall(r"--[a-z-]+", parser.format_help() + packages.format_help())}


# Which project, and which settings.


def test_each_manage_py_that_is_listed_can_be_named(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**_below("the api", SMALL_PROJECT), **_below("web", SMALL_PROJECT)})
    with pytest.raises(UserError, match="wanted one manage") as caught:
        _find(root)
    option = re.fullmatch(r"Name one with (--\S+)\.", caught.value.hint)
    assert option

    found = [_find(root, _given(f"{option[1]} {shlex.quote(name)}")) for name in _listed(caught.value.problem)]

    assert [item.folder.name for item in found] == ["the api", "web"]


def test_the_settings_of_each_console_script_that_is_listed_can_be_named(tmp_path: Path) -> None:
    scripts = {name: PLAIN_MANAGE_PY.replace("myproj.settings", f"shop.{name}") for name in ("one", "two")}
    files = {f"shop/cli_{name}.py": f"import dotenv\n{text}" for name, text in scripts.items()}
    listed = "".join(f'{name} = "shop.cli_{name}:main"\n' for name in scripts)
    more = {"shop/one.py": "", "shop/two.py": "", "requirements.txt": "Django\n", "shop/__init__.py": ""}
    root = write_tree(tmp_path / "shop", {**files, **more, "pyproject.toml": f"[project.scripts]\n{listed}"})
    with pytest.raises(UserError, match="several console scripts") as caught:
        _find(root)
    assert caught.value.hint == "Give --settings-module."

    chosen = [line.partition(": ")[2] for line in _listed(caught.value.problem)]
    found = [_find(root, _given(f"--settings-module {name}")) for name in chosen]

    assert [item.settings_module for item in found] == ["shop.one", "shop.two"]
    assert [item.manage_call for item in found] == ["shop.cli_one:main", "shop.cli_two:main"]


def test_settings_that_several_console_scripts_name_run_without_one(tmp_path: Path) -> None:
    main = PLAIN_MANAGE_PY.replace("myproj", "shop")
    names = dict.fromkeys(("shop/a.py", "shop/b.py"), f"import dotenv\n{main}")
    more = {"shop/__init__.py": "", "shop/settings.py": "", "requirements.txt": "Django\n"}
    pyproject = '[project.scripts]\na = "shop.a:main"\nb = "shop.b:main"\n'
    root = write_tree(tmp_path / "shop", {**names, **more, "pyproject.toml": pyproject})
    with pytest.raises(UserError, match="several console scripts") as caught:
        _find(root)

    found = _find(root, _given(f"--settings-module {_listed(caught.value.problem)[0].partition(': ')[2]}"))

    assert (found.settings_module, found.manage_call) == ("shop.settings", "")


def test_a_project_that_lies_deep_is_found_by_its_folder_or_its_settings(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**_below("a/b/c", SMALL_PROJECT), "requirements.txt": "Django\n"})
    with pytest.raises(UserError, match="wanted a Django project") as caught:
        _find(root)
    assert caught.value.hint == "Name its folder, or give --settings-module."

    assert _find(root / "a/b/c").settings_module == "myproj.settings"
    assert _find(root, _given("--settings-module a.b.c.myproj.settings")).root == root


@pytest.mark.parametrize("has_manage_py", [True, False])
def test_settings_in_another_folder_come_with_the_option_that_is_named(tmp_path: Path, has_manage_py: bool) -> None:
    elsewhere = {name: text for name, text in SMALL_PROJECT.items() if has_manage_py or name != "manage.py"}
    files = {**_below("my web", elsewhere), "manage.py": PLAIN_MANAGE_PY, "requirements.txt": "Django\n"}
    root = write_tree(tmp_path / "shop", files)
    with pytest.raises(UserError, match="found no such file") as caught:
        _find(root)
    step = re.fullmatch(r"It is in my web: give (.+)\.", caught.value.hint)
    assert step

    assert _find(root, _given(step[1])).settings_module == "myproj.settings"


def test_settings_that_are_copied_from_an_example_go_in(tmp_path: Path) -> None:
    files = {**_below("my web", SMALL_PROJECT), "my web/myproj/settings.py.example": "", ".gitignore": "settings.py\n"}
    root = write_tree(tmp_path / "shop", files)
    (root / "my web/myproj/settings.py").unlink()
    commit_all(root)
    with pytest.raises(UserError, match="found no such file") as caught:
        _find(root)
    step = re.search(r"copy it to (.+) and give (--include .+)\.$", caught.value.hint)
    example = re.match(r"(.+) looks like its example\.", caught.value.hint)
    assert step
    assert example

    (root / step[1]).write_text((root / example[1]).read_text())

    assert Path(step[1]) in _plan(root, _given(step[2])).selection.files


@pytest.mark.parametrize(
    ("folder", "step"), [("my shop", ""), ("shop", "--name 'my shop'"), ("shop", "--name shop --script 'my shop'")]
)
def test_a_name_that_does_not_do_is_replaced_with_the_option_that_is_named(
    tmp_path: Path, folder: str, step: str
) -> None:
    root = write_tree(tmp_path / folder, SMALL_PROJECT)
    with pytest.raises(UserError, match="the name 'my shop'") as caught:
        _find(root, _given(step))
    option = re.fullmatch(r"Give another one with (--\S+)\.", caught.value.hint)
    assert option

    assert _find(root, _given(f"{step} {option[1]} store")).script == "store"


def test_the_name_of_a_file_that_is_replaced_is_kept_with_the_option_that_is_named(tmp_path: Path) -> None:
    output = write_small(tmp_path / "out", manifest=MANIFEST._replace(name="old"))
    root = write_tree(tmp_path / "shop", SMALL_PROJECT)
    (note,) = notes.about_output(output, _find(root).name)
    step = re.search(r"(--name \S+) keeps them$", note)
    assert step

    assert not list(notes.about_output(output, _find(root, _given(step[1])).name))


def test_an_option_that_the_table_does_not_have_is_one_of_those_that_are_known(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text("[tool.django-pyz]\nnames = 'shop'\n")
    with pytest.raises(UserError, match="has no 'names'") as caught:
        options.read_table(pyproject)
    known = re.fullmatch(r"Known are (.+)\.", caught.value.hint)
    assert known

    defaults = {item.name.replace("_", "-"): item.default for item in fields(Options)}
    tables = dict.fromkeys(("build-env", "services", "timers"), "{}")
    texts = tables | {"compression": '"lzma"', "collectstatic": "true"}
    lines = [f"{name} = {texts.get(name) or json.dumps(defaults[name])}\n" for name in known[1].split(", ")]
    pyproject.write_text("[tool.django-pyz]\n" + "".join(lines))
    assert options.read_table(pyproject) == Options(compression="lzma")


@pytest.mark.parametrize("given", ["python0.9", "echo"])
def test_a_python_is_given_in_each_way_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    with pytest.raises(UserError, match=f"--python {given}") as caught:
        find_python(given)
    assert caught.value.hint == "Give a path, a command on PATH or a version, as 3.12."

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    (tmp_path / f"python{version}").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))

    for way in (sys.executable, f"python{version}", version):
        assert find_python(way).version == version


# Which dependencies.


def _wanted(root: Path, scratch: Path, given: Options) -> Wanted:
    source = _find(root, given).source
    return readers.read(source.kind, Request(root, source.files, given, Path(sys.executable), scratch))


def test_each_list_of_dependencies_that_is_named_can_be_given(tmp_path: Path) -> None:
    lists = {"requirements/aws.txt": "Django\nidna\n", "requirements/azure.txt": "Django\n"}
    own = {name: text for name, text in SMALL_PROJECT.items() if name != "requirements.txt"}
    root = write_tree(tmp_path / "shop", _below("web", {**own, **lists}))
    with pytest.raises(UserError, match="several") as caught:
        _find(root)
    assert caught.value.hint == "Give --requirements FILE."

    found = [_wanted(root, tmp_path, _given(f"--requirements {name}")) for name in _listed(caught.value.problem)]

    assert [item.lines for item in found] == [("Django", "idna"), ("Django",)]


def test_of_a_lock_and_a_list_one_is_named(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {**SMALL_PROJECT, "poetry.lock": ""})
    both = "--requirements poetry.lock --requirements requirements.txt"
    with pytest.raises(UserError, match="wanted it alone") as caught:
        _find(root, _given(both))
    assert caught.value.hint == "Name one of them."

    for name in ("poetry.lock", "requirements.txt"):
        assert _find(root, _given(f"--requirements {name}")).source.files[0] == Path(name)


def test_one_of_the_groups_that_are_listed_can_be_given(tmp_path: Path) -> None:
    groups = '[dependency-groups]\nweb = ["Django"]\ndev = ["Django", "idna"]\n'
    root = write_tree(tmp_path / "shop", {**SMALL_PROJECT, "pyproject.toml": groups})
    (root / "requirements.txt").unlink()
    with pytest.raises(UserError, match="found only groups") as caught:
        _wanted(root, tmp_path, Options())
    assert caught.value.hint == "Give --groups NAME."

    listed = caught.value.problem.rpartition("groups: ")[2].split(", ")

    assert [_wanted(root, tmp_path, _given(f"--groups {name}")).lines[-1] for name in listed] == ["Django", "idna"]


@pytest.mark.parametrize("option", ["extras", "groups"])
def test_each_extra_and_group_that_is_known_can_be_given(tmp_path: Path, option: str) -> None:
    tables = '[project.optional-dependencies]\na = ["idna"]\n[tool.poetry.group.b.dependencies]\nidna = "*"\n'
    more = '[dependency-groups]\nc = ["idna"]\n'
    root = write_tree(tmp_path / "shop", {**SMALL_PROJECT, "pyproject.toml": tables + more})
    with pytest.raises(UserError, match="found no") as caught:
        _wanted(root, tmp_path, _given(f"--{option} nothing"))
    known = re.fullmatch(r"Known are (.+)\.", caught.value.hint)
    assert known

    for name in known[1].split(", "):
        assert _wanted(root, tmp_path, _given(f"--{option} {name}")).lines[-1].startswith("idna")


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({"requirements.txt": "Django\n", "requirements/live server.txt": "idna\n"}, 2),
        ({"requirements.txt": "Django\n", "requirements/live.txt": "-r ../requirements.txt\nidna\n"}, 1),
        ({"pyproject.toml": '[project]\ndependencies = ["Django"]\n', "requirements-ci.txt": "Django\nidna\n"}, 1),
        ({"pyproject.toml": '[project]\ndependencies = ["Django"]\n', "requirements-ci.txt": "idna\n"}, 0),
        ({"requirements.txt": 'Django\nidna; sys_platform == "win32"\n'}, 0),
    ],
)
def test_the_list_that_has_a_missing_module_brings_it_beside_what_was_there(
    tmp_path: Path, files: dict[str, str], count: int
) -> None:
    own = {name: text for name, text in SMALL_PROJECT.items() if name != "requirements.txt"}
    root = write_tree(tmp_path / "shop", {**own, **files})

    hint = missing_module.hint("No module named 'idna'", root, _find(root).source.requirements)
    steps = re.findall(r"Give (--requirements .+)\.$", hint)

    assert len(steps) == (count > 0)
    for step in steps:
        given = _given(step)
        assert len(given.requirements) == count
        assert {"Django", "idna"} == {*_wanted(root, tmp_path, given).lines}


@pytest.mark.parametrize("constraint", [">=4.0.3", ""])
def test_a_package_that_other_releases_of_python_want_is_added_as_the_note_says(
    tmp_path: Path, constraint: str
) -> None:
    metadata = f'Name: redis\nVersion: 5\nRequires-Dist: timeout{constraint}; python_full_version < "3.11.3"\n'
    write_tree(tmp_path, {"redis-5.dist-info/METADATA": metadata})
    target = Target({**default_environment(), "python_full_version": "3.11.7", "python_version": "3.11"}, ())

    def supported(*added: str) -> PatchReleases:
        needs = patch_releases.needs(tmp_path, {"requirements.txt": ["redis", *added]}, {})
        return patch_releases.supported(needs, {"redis": "5", **dict.fromkeys(names(added), "4.0.3")}, target)

    def names(requirements: Iterable[str]) -> list[str]:
        return [Requirement(text).name for text in requirements]

    (note,) = supported().notes
    step = re.search(r"add (\S+) to the project's dependencies$", note)
    assert step

    assert supported(step[1]) == PatchReleases()


def test_a_package_that_is_too_old_is_raised_to_what_the_message_says() -> None:
    with pytest.raises(UserError) as caught:
        run_wing_requirements({"whitenoise": "4.0"}, exact=True)
    found = re.search(r"installs (\S+) \S+, but a bundle needs (\S+) or newer", caught.value.problem)
    assert found
    assert caught.value.hint == f"Raise the project's requirement for {found[1]}."

    run_wing_requirements({found[1]: found[2]}, exact=True)


def test_a_list_without_django_does_once_it_is_added(tmp_path: Path) -> None:
    plan = _plan(write_tree(tmp_path / "shop", SMALL_PROJECT))
    tree = write_tree(tmp_path / "tree", _below(PROJECT_FOLDER, SMALL_PROJECT))
    with pytest.raises(UserError, match="does not install Django") as caught:
        describe(plan, tree)
    assert caught.value.hint == "Add Django to it, or give --requirements FILE."

    write_tree(tree, {"django-5.2.dist-info/METADATA": "Metadata-Version: 2.4\nName: Django\nVersion: 5.2\n"})

    assert describe(plan, tree).settings_module == "myproj.settings"


# Which files.


def test_a_link_out_of_the_project_is_settled_by_each_option_that_is_named(tmp_path: Path) -> None:
    write_tree(tmp_path / "outside", {"pgpass": "text"})
    root = write_tree(tmp_path / "shop", SMALL_PROJECT)
    (root / "my pass").symlink_to("../outside/pgpass")
    with pytest.raises(UserError, match="leads out of the project") as caught:
        selection.select(root, Options())
    steps = re.findall(r"(--(?:in|ex)clude (?:'[^']+'|\S+?))[,;]", caught.value.hint)

    assert [step.partition(" ")[0] for step in steps] == ["--exclude", "--include"]
    for step in steps:
        name, value = shlex.split(step)
        # The message says that it may stand in pyproject.toml, too.
        write_tree(root, {"pyproject.toml": f"[tool.django-pyz]\n{name.removeprefix('--')} = [{json.dumps(value)}]\n"})
        for given in (_given(step), options.read_table(root / "pyproject.toml")):
            assert (Path("my pass") in selection.select(root, given).files) == ("include" in name)


@pytest.mark.parametrize("folders", [[], ["a"], [f"folder{number}" for number in range(12)]])
def test_however_many_files_look_like_secrets_what_is_to_be_pasted_allows_them(
    tmp_path: Path, folders: list[str]
) -> None:
    names = [f"{number}.txt" for number in range(10)] + [
        f"{folder}/{number}.txt" for folder in folders for number in "12"
    ]
    root = write_tree(tmp_path, dict.fromkeys(names, "ghp_" + "aB3dE5gH7j" * 4))
    with pytest.raises(UserError, match="look like secrets") as caught:
        secret_scan.check(root, map(Path, names), ())

    (root / "pyproject.toml").write_text(caught.value.hint[caught.value.hint.index("[tool") :])

    secret_scan.check(root, map(Path, names), options.read_table(root / "pyproject.toml").allow_secrets)


def test_where_nothing_is_packed_each_way_that_is_named_packs_something(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {".gitignore": "*.pyc\n"})
    commit_all(root)
    write_tree(root, SMALL_PROJECT)
    everything = Options(exclude=("*",))
    with pytest.raises(UserError, match="found no file to pack") as excluded:
        selection.select(root, everything)
    assert "--exclude" in excluded.value.hint
    assert "--include PATH" in excluded.value.hint
    assert selection.select(root, Options(exclude=("*",), include=("manage.py",))).files == (Path("manage.py"),)
    with pytest.raises(UserError, match="found no file to pack") as untracked:
        selection.select(root, Options(exclude=(".gitignore",)))
    assert "`git add`" in untracked.value.hint
    assert "--include PATH" in untracked.value.hint

    git(root, "add", "manage.py")

    assert Path("manage.py") in selection.select(root, Options()).files


def _left_out(root: Path, name: str) -> str:
    """What is said of a file that was left out, where a program cannot find it."""
    with pytest.raises(UserError) as caught, trial_run.naming_exclusions(_plan(root)):
        raise UserError(f"No such file or directory: {name!r}")
    return caught.value.hint


def test_what_was_left_out_comes_in_as_the_message_says(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {**SMALL_PROJECT, "conf/gone.txt": ""})
    commit_all(root)
    write_tree(root, {"my conf/names.txt": ""})
    (root / "conf/gone.txt").unlink()
    (root / "conf/dead.txt").symlink_to("nowhere.txt")
    git(root, "add", "conf/dead.txt")

    (include,) = re.findall(r": (--include .+)$", _left_out(root, "names.txt"))
    assert Path("my conf/names.txt") in _plan(root, _given(include)).selection.files

    (command,) = re.findall(r": (git .+)$", _left_out(root, "conf/gone.txt"))
    subprocess.run(command, shell=True, check=True, cwd=root)
    assert Path("conf/gone.txt") in _plan(root).selection.files

    assert _left_out(root, "conf/dead.txt").endswith("  conf/dead.txt (link to nothing)")


def test_a_submodule_is_fetched_by_the_command_of_the_note(tmp_path: Path) -> None:
    library = write_tree(tmp_path / "library", {"lib.py": ""})
    commit_all(library)
    origin = write_tree(tmp_path / "origin", SMALL_PROJECT)
    git(origin, "init", "--quiet")
    git(origin, "submodule", "add", "--quiet", str(library), "vendor/library")
    commit_all(origin)
    git(tmp_path, "clone", "--quiet", str(origin), "shop")
    (note,) = notes.about_files(selection.select(tmp_path / "shop", Options()))
    command = re.search(r"\(`(.+)` fetches it\)$", note)
    assert command

    allowed = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.file.allow", "GIT_CONFIG_VALUE_0": "always"}
    subprocess.run(command[1], shell=True, check=True, cwd=tmp_path / "shop", env={**os.environ, **allowed})

    found = selection.select(tmp_path / "shop", Options())
    assert Path("vendor/library/lib.py") in found.files
    assert not list(notes.about_files(found))


@pytest.mark.needs("msgfmt")
def test_the_build_command_of_the_note_compiles_the_translations(tmp_path: Path) -> None:
    catalog = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    files = {**SMALL_PROJECT, "locale/de/LC_MESSAGES/django.po": catalog, ".gitignore": "*.mo\n"}
    root = write_tree(tmp_path / "shop", files)
    commit_all(root)
    chosen = selection.select(root, Options())
    (note,) = notes.about_translations(chosen)
    step = re.search(r'give (--build-commands ".+")$', note)
    assert step

    given = _given(step[1])
    copy = working_copy.make(root, chosen.files, tmp_path / "copy")
    working_copy.run_commands(given.build_commands, copy, Path(sys.executable).parent, {})

    assert not list(notes.about_translations(selection.add_build_output(chosen, copy, given)))


TEMPLATES = """
import os
SECRET_KEY = "x"
BASE = os.path.dirname(os.path.dirname(__file__))
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "/static/"
STATICFILES_DIRS = [os.path.join(BASE, "assets")]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [os.path.join(BASE, "html")]}]
"""


def test_a_static_file_that_was_left_out_is_collected_with_the_option_of_the_note(tmp_path: Path) -> None:
    more = {"html/home.html": "{% load static %}{% static 'demo.sqlite3' %}", "assets/demo.sqlite3": "x"}
    root = write_tree(tmp_path / "shop", {**SMALL_PROJECT, **more, "myproj/settings.py": TEMPLATES})

    def noted(folder: Path, given: Options) -> list[str]:
        plan = _plan(root, given)
        folder.mkdir()
        staged = make_staged(folder, {str(path): (root / path).read_text() for path in plan.selection.files})
        manifest = STAGED._replace(settings_module="myproj.settings")
        staged.write_manifest(manifest)
        return [note for note in trial_run.try_out(staged, manifest, plan, root).notes if "not collected" in note]

    (note,) = noted(tmp_path / "first", Options())
    step = re.search(r"(--include \S+) adds what was left out", note)
    assert step

    assert noted(tmp_path / "second", _given(step[1])) == []


def test_the_tables_of_a_package_without_migrations_are_made_by_the_command_of_the_note(tmp_path: Path) -> None:
    database = 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}\n'
    apps = (
        'INSTALLED_APPS = ["django.contrib.staticfiles", "bare"]\nDEFAULT_AUTO_FIELD = "django.db.models.AutoField"\n'
    )
    settings = f'SECRET_KEY = "x"\nSTATIC_URL = "/static/"\n{apps}{database}'
    staged = make_staged(tmp_path, {"shop/__init__.py": "", "shop/settings.py": settings})
    model = "from django.db import models\nclass Bare(models.Model):\n    pass\n"
    write_tree(staged.site_packages, {"bare/__init__.py": "", "bare/models.py": model})
    _, said = static_files.add_static_files(staged, STAGED, staged.facts())
    (step,) = [found for note in said for found in re.findall(r"`shop (migrate .+)` does$", note)]

    code = os.pathsep.join([str(staged.site_packages), str(staged.project_folder)])
    environment = {**os.environ, "PYTHONPATH": code, "DJANGO_SETTINGS_MODULE": "shop.settings"}
    command = [sys.executable, "-m", "django", *step.split()]
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)

    assert "Creating table bare_bare" in done.stdout


# Where to, and what of it.


@pytest.mark.parametrize("option", ["-o", "--report"])
def test_another_file_is_given_with_the_option_that_is_named(tmp_path: Path, option: str) -> None:
    root = write_tree(tmp_path / "shop", SMALL_PROJECT)
    folder = tmp_path / "folder.html"
    folder.mkdir()

    def check(**files: Path) -> None:
        report_file.check(files.get("report", tmp_path / "report.html"))
        make_plan(root, files.get("output", tmp_path / "x.pyz"), lambda _: Options())

    with pytest.raises(UserError, match="is a directory") as caught:
        check(**{"output" if option == "-o" else "report": folder})
    named = re.fullmatch(r"Give another file with --(\w+)\.", caught.value.hint)
    assert named

    check(**{named[1]: tmp_path / "other.html"})


def _summary(tmp_path: Path) -> Summary:
    plan = _plan(write_tree(tmp_path / "shop", SMALL_PROJECT))
    plan = replace(plan, output=write_small(tmp_path / "out of here"))
    manifest = MANIFEST._replace(sbom={"components": []})
    found = [f"note {number:02}" for number in range(12)]
    return Summary(plan, manifest, 1, found, {f"{name}.log": "log" for name in found})


@pytest.mark.parametrize("suffix", ["html", "json"])
def test_the_report_that_is_named_lists_what_the_summary_leaves_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    summary = _summary(tmp_path)
    show(summary)
    assert capsys.readouterr().out.count(": --report FILE lists them all") == 2

    report_file.write(summary, report := tmp_path / f"report.{suffix}")

    for note in summary.notes:
        assert report.read_text().count(note) >= 2, "the note, and the file of that name"


def test_the_command_that_installs_the_file_copes_with_a_space(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = _summary(tmp_path)
    show(summary)
    (command,) = re.findall(r"^  (cp .+)$", capsys.readouterr().out, re.MULTILINE)

    target = tmp_path / "usr"
    subprocess.run(command.replace(" /usr/bin/", f" {target}-"), shell=True, check=True)

    assert (tmp_path / "usr-shop-script").read_bytes() == summary.plan.output.read_bytes()
    assert shlex.split(command)[2] == "/usr/bin/shop-script"


def test_a_file_that_is_served_is_configured_and_installed_from_where_it_lies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = _summary(tmp_path)
    monkeypatch.chdir(summary.plan.output.parent)
    show(summary, is_served=True)

    before, _, after = capsys.readouterr().out.partition("Serving it now; Ctrl-C ends that. Next:\n")

    commands = dict(line.strip().split(":", 1) for line in after.splitlines())
    assert list(commands) == ["configure it", "install it", "read on"]
    assert {shlex.split(command)[:2] == ["./shop-script", "pyz"] for command in commands.values()} == {True}
    assert "Next:" not in before
    subprocess.run([*shlex.split(commands["read on"])[:2], *ANSWER[1:]], check=True, capture_output=True)
