"""A process made the project's. What changes the process runs in a process of its own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from django_pyz_runtime.activation.activate import Activation, Purpose
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import FILE_NAME, Manifest, Variable
from django_pyz_runtime.config.resolved import data_dir, settings_module
from django_pyz_runtime.errors import UserError
from tests.runtime.conftest import Load, Python

SETTINGS = """
import os
SECRET_KEY = "x"
DEBUG = USE_TZ = True
URL = os.environ.get("DATABASE_URL")
HOSTS = ["a"]
"""
ACTIVATE = """
import json, os, sys
from django_pyz_runtime.activation import activate
from django_pyz_runtime.boot import arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config import levels
bundle = Bundle.load("/usr/bin/project-script", sys.argv[1], "b")
given = arguments.split(sys.argv[2:])
configuration = levels.load(bundle.manifest, given, os.environ, os.geteuid())
assert not configuration.problems, configuration.problems
activation = activate.activate(bundle, configuration, given)
"""
SHOW = (
    ACTIVATE
    + """
from django.conf import settings
shown = {name: getattr(settings, name, None) for name in ("DEBUG", "URL", "HOSTS", "LOCAL")}
print(json.dumps({**shown, "environ": dict(os.environ), "path": sys.path}))
"""
)


@pytest.fixture
def bundle(tmp_path: Path, manifest: Manifest) -> Bundle:
    """An unpacked project with one settings module."""
    project = tmp_path / "tree/__project__"
    project.mkdir(parents=True)
    (project / "pyz_settings.py").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "tree/site-packages").mkdir()
    (tmp_path / "tree/site-packages" / FILE_NAME).write_text(
        manifest._replace(settings_module="pyz_settings").to_json(), encoding="utf-8"
    )
    return Bundle.load("/usr/bin/project-script", str(tmp_path / "tree/site-packages"), "b")


def shown(python: Python, bundle: Bundle, *argv: str, **environ: str) -> dict[str, Any]:
    data = str(bundle.root.parent / "data")
    found: dict[str, Any] = json.loads(
        python(SHOW, str(bundle.site_packages), *argv, PROJECT__PROJECT__DATA_DIR=data, **environ)
    )
    return found


def test_the_project_can_be_imported(python: Python, bundle: Bundle) -> None:
    found = shown(python, bundle)
    assert found["path"][0] == str(bundle.project_folder)
    assert found["environ"]["DJANGO_SETTINGS_MODULE"] == "pyz_settings"


def test_settings_and_variables_of_the_configuration_are_in_force(python: Python, bundle: Bundle) -> None:
    found = shown(
        python, bundle, "--set", "settings.DEBUG=no", "--set", "settings.HOSTS+=b", "--set", "env.DATABASE_URL=x"
    )
    assert (found["DEBUG"], found["HOSTS"], found["URL"]) == (False, ["a", "b"], "x")


def test_the_processs_own_environment_wins_over_a_file(python: Python, bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "s.ini").write_text("[env]\nDATABASE_URL = from the file\n", encoding="utf-8")
    config = f"--config={tmp_path}/s.ini"
    assert shown(python, bundle, config)["URL"] == "from the file"
    assert shown(python, bundle, config, DATABASE_URL="own")["URL"] == "own"


def test_the_command_line_wins_over_the_processs_own_environment(python: Python, bundle: Bundle) -> None:
    assert shown(python, bundle, "--set", "env.DATABASE_URL=chosen", DATABASE_URL="own")["URL"] == "chosen"


def test_a_child_process_has_the_same_configuration(python: Python, bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "s.ini").write_text("[settings]\nHOSTS = b\n", encoding="utf-8")
    parent = shown(python, bundle, f"--config={tmp_path}/s.ini", "--set", "settings.DEBUG = no")
    inherited = {key: text for key, text in parent["environ"].items() if key.startswith("PROJECT__")}
    inherited.pop("PROJECT__PROJECT__DATA_DIR")
    child = shown(python, bundle, **inherited)
    assert (child["DEBUG"], child["HOSTS"]) == (parent["DEBUG"], parent["HOSTS"]) == (False, ["b"])


def test_local_settings_run_last_inside_the_settings(python: Python, bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "local.py").write_text("LOCAL = (__name__, DEBUG)\nHOSTS.append('c')\n", encoding="utf-8")
    local = f"project.local_settings={tmp_path}/local.py"
    found = shown(python, bundle, "--set", local, "--set", "settings.DEBUG=no")
    assert (found["LOCAL"], found["HOSTS"]) == (["pyz_settings", False], ["a", "c"])


@pytest.mark.parametrize(
    ("mode", "reason"), [(0o666, "can be written by other users (mode 0666)"), (None, "no such file or directory")]
)
def test_local_settings_that_others_may_write_or_that_are_missing_do_not_run(
    mode: int | None, reason: str, python: Python, bundle: Bundle, tmp_path: Path
) -> None:
    if mode:
        (tmp_path / "local.py").write_text("print('ran')\n", encoding="utf-8")
        (tmp_path / "local.py").chmod(mode)
    code = ACTIVATE + "try: import pyz_settings\nexcept activate.UserError as error: print(error.problems[0])"
    data = f"project.data_dir={tmp_path}/data"
    found = python(
        code, str(bundle.site_packages), "--set", data, "--set", f"project.local_settings={tmp_path}/local.py"
    )
    assert found.startswith(f"[project] local_settings: {tmp_path}/local.py")
    assert reason in found


def test_a_value_that_does_not_fit_stops_the_import_of_the_settings(python: Python, bundle: Bundle) -> None:
    code = ACTIVATE + "try: import pyz_settings\nexcept activate.UserError as error: print(error)"
    found = python(code, str(bundle.site_packages), "--set", "settings.DEBUG=maybe", "--set", "project.data_dir=/x")
    assert found == "--set settings.DEBUG: [settings] DEBUG: wanted true or false, found 'maybe'\n"


def change(
    bundle: Bundle, load: Load, namespace: dict[str, Any], *argv: str, purpose: Purpose = Purpose.RUN
) -> Activation:
    data = bundle.site_packages.parent / "data"
    activation = Activation(bundle, load("", f"--set=project.data_dir={data}", *argv), purpose)
    activation.change_settings(namespace)
    return activation


def test_a_project_without_key_gets_the_generated_one(bundle: Bundle, load: Load) -> None:
    namespace: dict[str, Any] = {"SECRET_KEY": "django-insecure-x"}
    assert change(bundle, load, namespace).generated_key
    assert namespace["SECRET_KEY"] == (bundle.site_packages.parent / "data/secret_key").read_text().strip()


def test_a_key_from_the_configuration_is_kept(bundle: Bundle, load: Load) -> None:
    namespace: dict[str, Any] = {"SECRET_KEY": "django-insecure-x"}
    assert not change(bundle, load, namespace, "--set=settings.SECRET_KEY=chosen").generated_key
    assert namespace["SECRET_KEY"] == "chosen"


def test_paths_in_the_code_are_moved_after_the_configuration_was_applied(bundle: Bundle, load: Load) -> None:
    namespace: dict[str, Any] = {"SECRET_KEY": "x", "MEDIA_ROOT": str(bundle.project_folder / "media")}
    [move] = change(bundle, load, namespace, "--set=settings.MEDIA_ROOT=files").moves
    assert (move.before, move.after) == ("files", str(bundle.site_packages.parent / "data/files"))


@pytest.mark.parametrize(
    ("purpose", "argv", "debug"),
    [
        (Purpose.RUN, (), True),
        (Purpose.SERVE, (), False),
        (Purpose.SERVE, ("--set=settings.LANGUAGE_CODE=de",), False),
        (Purpose.SERVE, ("--set=settings.DEBUG=true",), True),
    ],
)
def test_debug_is_served_only_where_the_operator_asks_for_it(
    purpose: Purpose, argv: tuple[str, ...], debug: bool, bundle: Bundle, load: Load
) -> None:
    namespace: dict[str, Any] = {"SECRET_KEY": "x", "DEBUG": True}
    change(bundle, load, namespace, *argv, purpose=purpose)
    assert namespace["DEBUG"] is debug


def test_to_show_the_settings_nothing_is_written(bundle: Bundle, load: Load) -> None:
    namespace: dict[str, Any] = {"SECRET_KEY": "", "MEDIA_ROOT": "media"}
    change(bundle, load, namespace, purpose=Purpose.SHOW)
    assert not (bundle.site_packages.parent / "data").exists()


def test_to_show_the_settings_there_is_a_key_to_sign_with_for_the_environment_and_the_settings(
    bundle: Bundle, load: Load
) -> None:
    variable = Variable("DJANGO_SECRET_KEY", None, "", "pyz_settings.py:1", is_required=True)
    bundle = bundle._replace(manifest=bundle.manifest._replace(variables=(variable,)))
    activation = Activation(bundle, load("", f"--set=project.data_dir={bundle.site_packages}/data"), Purpose.SHOW)
    environ: dict[str, str] = {}
    namespace: dict[str, Any] = {}
    activation.set_missing_key(environ)
    activation.change_settings(namespace)
    assert environ == {"DJANGO_SECRET_KEY": namespace["SECRET_KEY"]}
    assert activation.generated_key
    assert len(namespace["SECRET_KEY"]) >= 50
    assert not (bundle.site_packages / "data").exists()


@pytest.mark.parametrize(
    ("has_static", "argv", "root"),
    [(False, (), None), (True, (), "@SITE@/__static__"), (True, ("--set=static.root=/srv",), "/srv")],
)
def test_the_static_root_is_the_chosen_or_the_built_in_one(
    has_static: bool, argv: tuple[str, ...], root: str | None, bundle: Bundle, load: Load
) -> None:
    namespace: dict[str, Any] = {"SECRET_KEY": "x"}
    change(bundle._replace(manifest=bundle.manifest._replace(has_static=has_static)), load, namespace, *argv)
    assert namespace.get("STATIC_ROOT") == (root and root.replace("@SITE@", str(bundle.site_packages)))


@pytest.mark.parametrize(
    ("configured", "environ", "expected"),
    [
        ((), {}, "myproj.settings"),
        ((), {"DJANGO_SETTINGS_MODULE": "env"}, "env"),
        (("--set=project.settings_module=chosen",), {"DJANGO_SETTINGS_MODULE": "env"}, "chosen"),
    ],
)
def test_the_settings_module_follows_precedence(
    configured: tuple[str, ...], environ: dict[str, str], expected: str, manifest: Manifest, load: Load
) -> None:
    assert settings_module(manifest, load("", *configured), environ) == expected


def test_the_variable_wins_over_a_settings_module_in_the_file(manifest: Manifest, load: Load) -> None:
    configuration = load("[project]\nsettings_module = file\n")
    assert settings_module(manifest, configuration, {"DJANGO_SETTINGS_MODULE": "env"}) == "env"
    assert settings_module(manifest, configuration, {}) == "file"


def test_the_data_folder_is_the_configured_one_else_systemds(
    manifest: Manifest, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/state:/second")
    assert data_dir(manifest, load("[project]\ndata_dir = /chosen\n")) == Path("/chosen")
    assert data_dir(manifest, load()) == Path("/state")


def test_roots_data_is_in_var_lib(manifest: Manifest, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert data_dir(manifest, load()) == Path("/var/lib/project")


def test_a_users_data_is_at_home(
    manifest: Manifest, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert data_dir(manifest, load()) == tmp_path / ".local/share/project"
    monkeypatch.setenv("HOME", "/nonexistent")
    with pytest.raises(UserError, match="no home folder"):
        data_dir(manifest, load())
