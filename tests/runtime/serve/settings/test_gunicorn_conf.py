"""The gunicorn.conf.py that a project ships, and how it goes with the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.serve.settings.gunicorn_conf import project_file_settings
from django_pyz_runtime.serve.settings.gunicorn_settings import gunicorn_settings
from tests.runtime.conftest import Load


@pytest.fixture
def bundle(tmp_path: Path, manifest: Manifest) -> Bundle:
    """A project with manage.py in a folder of its own."""
    (tmp_path / "tree/__project__/web").mkdir(parents=True)
    manifest = manifest._replace(folder="__project__/web", wsgi_module="myproj.wsgi")
    return Bundle(Path("/usr/bin/project-script"), tmp_path / "tree/site-packages", "b", manifest)


def write(bundle: Bundle, text: str, folder: str = ".") -> Path:
    path = bundle.project_folder / folder / "gunicorn.conf.py"
    path.write_text(text, encoding="utf-8")
    return path.resolve()


def test_a_project_without_one_has_no_say(bundle: Bundle) -> None:
    assert project_file_settings(bundle) == {}


def test_the_one_beside_manage_py_comes_before_the_one_at_the_root(bundle: Bundle) -> None:
    write(bundle, "keepalive = 1\n")
    assert project_file_settings(bundle) == {"keepalive": 1}
    write(bundle, "keepalive = 2\n", "web")
    assert project_file_settings(bundle) == {"keepalive": 2}


def test_what_is_the_operators_is_passed_over_and_so_is_what_gunicorn_does_not_know(bundle: Bundle) -> None:
    write(
        bundle,
        "import os\nbind = ':80'\nuser = 'web'\naccesslog = '/x'\nreload = True\nCPUS = 3\nmax_requests = 9\n"
        "tolerate_dangerous_framing = True  # of gunicorn 22\n",
    )
    assert project_file_settings(bundle) == {"max_requests": 9}


def test_hooks_are_taken(bundle: Bundle) -> None:
    write(bundle, "def post_fork(server, worker):\n    print(__file__)\n")
    assert list(project_file_settings(bundle)) == ["post_fork"]


def test_its_variables_give_way_to_those_that_are_set(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "chosen")
    write(bundle, "raw_env = ['DJANGO_SETTINGS_MODULE=its_own', 'NEW_RELIC_APP=a=b']\n")
    assert project_file_settings(bundle) == {"raw_env": ["NEW_RELIC_APP=a=b"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nimport nosuch_module\n", ":2: ModuleNotFoundError: No module named 'nosuch_module'"),
        ("workers = \n", ":1: SyntaxError: invalid syntax"),
        ("raise SystemExit('no')\n", ":1: SystemExit: no"),
        ("keepalive = 'long'\n", ": keepalive: invalid literal for int()"),
        ("def post_fork():\n    pass\n", ": post_fork: Value must have an arity of: 2"),
    ],
)
def test_a_file_that_fails_is_named_with_the_line(text: str, said: str, bundle: Bundle) -> None:
    path = write(bundle, text)
    with pytest.raises(UserError) as raised:
        project_file_settings(bundle)
    [problem] = raised.value.problems
    assert problem.startswith(f"{path}{said}")
    assert "build again" in raised.value.hint


def test_it_stands_above_our_defaults_and_below_the_configuration(bundle: Bundle, load: Load) -> None:
    write(bundle, "workers = 3\nthreads = 7\ntimeout = 70\nkeepalive = 17\nmax_requests = 70\n")
    settings = gunicorn_settings(bundle, load("[serve]\nthreads = 2\n[gunicorn]\nmax_requests = 5\n"))
    names = ("workers", "threads", "timeout", "graceful_timeout", "keepalive", "max_requests")
    assert [settings[name] for name in names] == [3, 2, 70, 30, 17, "5"]
