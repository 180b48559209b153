"""Which file says what a project depends on."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.dependencies.source import Source, find_source, read_files
from django_pyz.options import Options
from django_pyz_runtime.errors import UserError
from tests.build.trees import write_tree

PYPROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["Django"]\n'
ALL = {
    "uv.lock": 'name = "django"',
    "pylock.toml": 'name = "django"',
    "poetry.lock": 'name = "django"',
    "Pipfile.lock": '{"default": {"django": {}}}',
    "requirements.txt": "Django\n",
    "pyproject.toml": PYPROJECT,
    "setup.cfg": "[options]\ninstall_requires =\n    Django\n",
    "setup.py": "",
}


def _find(root: Path, *folders: str, requirements: tuple[str, ...] = ()) -> Source:
    places = [root / folder for folder in folders] or [root]
    return find_source(root, places, Options(requirements=requirements))


def test_locks_come_first(tmp_path: Path) -> None:
    write_tree(tmp_path, ALL)
    kinds = []
    for name in ALL:
        kinds.append(_find(tmp_path).kind)
        (tmp_path / name).unlink()

    assert kinds == [name.replace("requirements.txt", "requirements") for name in ALL]


def test_within_a_kind_the_one_nearest_to_manage_py_is_taken(tmp_path: Path) -> None:
    write_tree(tmp_path, {"requirements.txt": "", "web/requirements.txt": "", "pyproject.toml": PYPROJECT})

    assert _find(tmp_path, "web", ".") == Source("requirements", (Path("web/requirements.txt"),))


def test_a_lock_above_manage_py_goes_before_requirements_beside_it(tmp_path: Path) -> None:
    write_tree(tmp_path, {"Pipfile.lock": ALL["Pipfile.lock"], "web/requirements.txt": "Django"})

    assert _find(tmp_path, "web", ".").kind == "Pipfile.lock"


def test_the_lock_of_a_workspace_comes_with_the_nearest_member(tmp_path: Path) -> None:
    write_tree(tmp_path, {"uv.lock": ALL["uv.lock"], "pyproject.toml": PYPROJECT, "web/pyproject.toml": PYPROJECT})

    assert _find(tmp_path, "web", ".").files == (Path("uv.lock"), Path("web/pyproject.toml"))


def test_a_lock_without_a_project_beside_it_is_a_lock(tmp_path: Path) -> None:
    write_tree(tmp_path, {"poetry.lock": ALL["poetry.lock"], "pyproject.toml": "[tool.ruff]\n"})

    assert _find(tmp_path) == Source("poetry.lock", (Path("poetry.lock"),))


def test_a_lock_without_django_is_taken_last(tmp_path: Path) -> None:
    """Some lock the tools for their documentation only."""
    write_tree(tmp_path, {"poetry.lock": 'name = "sphinx"', "requirements.txt": "Django"})

    assert _find(tmp_path).kind == "requirements"
    (tmp_path / "requirements.txt").unlink()
    assert _find(tmp_path).kind == "poetry.lock"


def test_one_named_lock_is_taken(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pylock.web.toml": 'name = "django"'})

    assert _find(tmp_path) == Source("pylock.toml", (Path("pylock.web.toml"),))


def test_several_named_locks_are_an_error(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pylock.web.toml": "", "pylock.worker.toml": ""})

    with pytest.raises(UserError, match=r"(?m)found several:\n  pylock.web.toml\n  pylock.worker.toml$"):
        _find(tmp_path)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ("requirements/base.txt requirements/dev.txt requirements/production.txt", "requirements/production.txt"),
        ("requirements/base.txt requirements/local.txt requirements/test.txt", "requirements/base.txt"),
        ("requirements-dev.txt requirements-prod.txt requirements.txt", "requirements.txt"),
        ("requirements_prod.txt requirements_test.txt requirements-docs.txt", "requirements_prod.txt"),
        ("dev-requirements.txt deploy-requirements.txt", "deploy-requirements.txt"),
        ("requirements/default.txt requirements/ci.txt", "requirements/default.txt"),
        ("requirements.pip", "requirements.pip"),
        ("requirements/live.pip requirements/dev.pip", "requirements/live.pip"),
    ],
)
def test_the_requirements_for_production_are_taken(tmp_path: Path, files: str, found: str) -> None:
    write_tree(tmp_path, dict.fromkeys(files.split(), "Django\n"))

    assert _find(tmp_path) == Source("requirements", (Path(found),))


def test_the_requirements_that_take_in_all_the_others_are_taken(tmp_path: Path) -> None:
    write_tree(tmp_path, {"requirements/common.txt": "Django", "requirements/heroku.txt": "-r common.txt"})

    assert _find(tmp_path).files == (Path("requirements/heroku.txt"),)


def test_several_requirements_that_are_as_good_are_an_error_which_lists_them(tmp_path: Path) -> None:
    write_tree(tmp_path, {"requirements/aws.txt": "", "requirements/azure.txt": "", "requirements/dev.txt": ""})

    with pytest.raises(
        UserError, match=r"(?m)found several:\n  requirements/aws.txt\n  requirements/azure.txt$"
    ) as caught:
        _find(tmp_path)

    assert caught.value.hint == "Give --requirements FILE."


def test_requirements_for_development_alone_are_none(tmp_path: Path) -> None:
    write_tree(tmp_path, {"requirements-dev.txt": "Django", "pyproject.toml": PYPROJECT})

    assert _find(tmp_path).kind == "pyproject.toml"


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "shop"\ndynamic = ["version", "dependencies"]\n',
        '[tool.poetry.dependencies]\npython = "^3.11"\nDjango = "^5"\n',
        '[dependency-groups]\nmain = ["Django"]\n',
    ],
)
def test_a_pyproject_with_dependencies_of_another_form_is_taken(tmp_path: Path, text: str) -> None:
    write_tree(tmp_path, {"pyproject.toml": text, "setup.py": ""})

    assert _find(tmp_path).kind == "pyproject.toml"


def test_a_pyproject_and_a_setup_cfg_for_linters_are_none(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pyproject.toml": "[tool.ruff]\n", "setup.cfg": "[flake8]\nmax-line-length = 100\n"})

    with pytest.raises(UserError, match=r"(?m)found none$"):
        _find(tmp_path)


def test_what_was_told_wins(tmp_path: Path) -> None:
    write_tree(tmp_path, {**ALL, "a.txt": "", "more/b.txt": ""})

    found = _find(tmp_path, requirements=("a.txt", "more/b.txt"))

    assert found == Source("requirements", (Path("a.txt"), Path("more/b.txt")))


def test_a_lock_can_be_told_too(tmp_path: Path) -> None:
    write_tree(tmp_path, ALL)

    assert _find(tmp_path, requirements=("poetry.lock",)).kind == "poetry.lock"


def test_what_was_told_must_be_there(tmp_path: Path) -> None:
    write_tree(tmp_path, {"shop/pyproject.toml": PYPROJECT})

    with pytest.raises(UserError, match=r"(?m)found no such file$"):
        _find(tmp_path / "shop", requirements=("none.txt",))


def test_what_was_told_may_lie_outside_the_project(tmp_path: Path) -> None:
    write_tree(tmp_path, {"outside.txt": "", "shop/pyproject.toml": PYPROJECT})

    for path in ("../outside.txt", f"{tmp_path}/outside.txt"):
        assert _find(tmp_path / "shop", requirements=(path,)) == Source("requirements", (tmp_path / "outside.txt",))


def test_all_files_that_requirements_take_in_are_read_whether_git_tracks_them_or_not(tmp_path: Path) -> None:
    texts = {"live.txt": "-r deps/base.txt\n-c pins.txt\n-r ../outside.txt\n./lib.whl\n"}
    texts |= {"deps/base.txt": "", "pins.txt": "", "lib.whl": ""}
    root = write_tree(tmp_path / "shop", {"requirements.txt": "Django\n", **texts})
    write_tree(tmp_path, {"outside.txt": ""})

    found = read_files(_find(root, requirements=("live.txt",)), root)

    assert [path.as_posix() for path in found] == ["deps/base.txt", "lib.whl", "live.txt", "pins.txt"]


def test_a_lock_is_told_alone(tmp_path: Path) -> None:
    write_tree(tmp_path, ALL)

    with pytest.raises(UserError, match=r"(?m)poetry.lock: wanted it alone, found 2 files$"):
        _find(tmp_path, requirements=("poetry.lock", "requirements.txt"))


def test_a_list_for_something_else_comes_after_the_project_itself(tmp_path: Path) -> None:
    files = {"requirements_migrations.txt": "psycopg\n", "pyproject.toml": "[project]\ndependencies = ['Django']\n"}
    root = write_tree(tmp_path, files)

    assert find_source(root, [root], Options()).kind == "pyproject.toml"
