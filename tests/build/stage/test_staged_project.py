"""The settings of a staged project, imported while the variables that they read are recorded."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from django_pyz.stage.staged_project import NotImportable, throw_away_keys
from django_pyz.variables import variables
from django_pyz.variables.reading import Reading
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER, Variable
from django_pyz_runtime.errors import UserError
from tests.build.stage.staged import MANIFEST, make_staged

SETTINGS = """\
import os

INSTALLED_APPS = []
USE_TZ = True
"""


def _project(more: str) -> dict[str, str]:
    return {"shop/__init__.py": "", "shop/settings.py": SETTINGS + more}


def test_the_variables_that_the_settings_read_are_among_the_facts(tmp_path: Path) -> None:
    staged = make_staged(tmp_path, _project('A = os.environ["A"]\nif A == "y":\n    B = os.getenv("B", "b")\n'), A="y")

    facts = staged.facts()

    assert facts.readings == [
        Reading("A", None, "", "shop/settings.py:5", "", True),
        Reading("B", "'b'", "text", "shop/settings.py:7"),
    ]
    assert "A" in facts.given
    assert "B" not in facts.given


def test_the_record_is_the_same_each_time_and_in_each_folder(tmp_path: Path) -> None:
    text = (
        "from pathlib import Path\nBASE = Path(__file__).parent\n"
        "def env(name, default=BASE):\n    return os.environ.get(name, default)\n"
        'A, B = env("A"), env("B", BASE / "b")\nfor name in {"X", "Y", "Z"}:\n    os.getenv(name)\n'
    )
    found = []
    for name in ("one", "two", "two/inside"):
        (tmp_path / name).mkdir()
        facts = make_staged(tmp_path / name, _project(text), OTHER="pa55w0rd").facts()
        found.append(MANIFEST._replace(variables=variables.imported([], facts.readings, [], bool)).to_json())

    assert len(set(found)) == 1
    assert "\"BASE / 'b'\"" in found[0]
    for text in ("pa55w0rd", str(tmp_path), os.environ["PATH"]):
        assert text not in found[0]


@pytest.mark.parametrize(
    "text",
    [
        'SECRET_KEY = os.environ["SHOP_SECRET"]\n',
        'SECRET_KEY = os.environ["SHOP_" + "SECRET"]\n',
        'SECRET_KEY = os.getenv("SHOP_" + "SECRET")\nif not SECRET_KEY:\n    raise KeyError("SHOP_SECRET")\n',
    ],
)
def test_a_secret_key_that_the_settings_need_gets_a_value_for_the_build(tmp_path: Path, text: str) -> None:
    staged = make_staged(tmp_path, _project(text))
    staged.write_manifest(MANIFEST._replace(variables=(Variable("SHOP_SECRET", None, "", "shop/settings.py:5"),)))

    facts = staged.facts()

    assert [item.name for item in facts.readings] == ["SHOP_SECRET"]
    assert staged.variables == {"SHOP_SECRET": "only-for-this-build"}
    found = variables.imported([], facts.readings, facts.given, staged.is_needed)
    assert throw_away_keys(MANIFEST._replace(variables=found)) == staged.variables


def test_whether_a_variable_is_needed_is_found_out_by_an_import_without_it(tmp_path: Path) -> None:
    text = (
        'A, B = os.environ.get("A"), os.environ.get("B")\nif not A:\n    raise Exception("A must be set")\n'
        'C = os.environ["C"] if B else None\nD = int(os.getenv("D"))\n'
    )
    staged = make_staged(tmp_path, _project(text), A="a", B="b", C="c", D="4")

    assert [staged.is_needed(name) for name in "ABCD"] == [True, False, True, True]


def test_a_variable_of_the_build_s_configuration_is_one_that_was_given(tmp_path: Path) -> None:
    config = tmp_path / "build.ini"
    config.write_text("[env]\nA = a\n")
    config.chmod(0o600)
    staged = replace(make_staged(tmp_path, _project('A = os.environ["A"]\n')), config=config)

    assert "A" in staged.facts().given
    assert staged.is_needed("A")


def test_a_missing_variable_stops_the_import_with_the_next_step_and_what_was_read_before(tmp_path: Path) -> None:
    text = 'A = os.getenv("A", "a")\nB = os.environ["B"]\nC = os.environ["C"]\n'
    staged = make_staged(tmp_path, _project(text))
    found = variables.named("shop.settings", [staged.project_folder], staged.project_folder)
    staged.write_manifest(MANIFEST._replace(variables=found))

    with pytest.raises(NotImportable) as raised:
        staged.facts()

    assert raised.value.missed == "B"
    assert [item.name for item in raised.value.readings] == ["A", "B"]
    assert str(raised.value) == (
        "the settings need the variable B (shop/settings.py:6)\n"
        "Set a placeholder for the build with --build-env B=VALUE, or in pyproject.toml:\n"
        '  [tool.django-pyz.build-env]\n  B = "..."\nAlso required: C.'
    )
    staged.variables.update(B="b", C="c")
    assert [item.name for item in staged.facts().readings] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('A = os.getenv("A")\nA.upper()\n', "AttributeError"),
        ('A = os.getenv("A")\nraise SystemExit("A must be set")\n', "SystemExit: A must be set"),
        ('A = os.getenv("A")\nraise SystemExit\n', "SystemExit"),
    ],
)
def test_any_other_error_of_the_settings_keeps_its_traceback(tmp_path: Path, text: str, said: str) -> None:
    staged = make_staged(tmp_path, _project(text))

    with pytest.raises(NotImportable, match=said) as raised:
        staged.facts()

    assert raised.value.missed == ""
    assert [item.name for item in raised.value.readings] == ["A"]
    assert f"{PROJECT_FOLDER}/shop/settings.py" in str(raised.value)


@pytest.mark.parametrize(
    "read",
    [
        "exec(Path(__file__).with_name('local.py').read_text())",
        "if not p.exists(): raise OSError('No such file: local.py')",
    ],
)
@pytest.mark.parametrize("example", ["", "local.py.example", "local-sample.py"])
def test_settings_that_are_read_by_path_come_in_as_the_message_says(tmp_path: Path, read: str, example: str) -> None:
    settings = f"from pathlib import Path\np = Path(__file__).with_name('local.py')\n{read}\nSECRET_KEY = 'x'\n"
    files = {"shop/__init__.py": "", "shop/settings.py": settings, **({f"shop/{example}": ""} if example else {})}
    staged = make_staged(tmp_path, files)
    with pytest.raises(NotImportable) as caught:
        staged.facts()
    told = re.search(r'--build-commands "((touch|cp) .+)"', caught.value.hint)
    assert told
    assert told[2] == ("cp" if example else "touch")
    assert "[project] local_settings" in caught.value.hint

    subprocess.run(told[1], shell=True, check=True, cwd=staged.project_folder)

    assert staged.facts().staticfiles is False


@pytest.mark.parametrize("place", ["local.py", "my machine/local.py"])
def test_settings_by_path_in_a_folder_that_is_not_there_come_in_as_the_message_says(tmp_path: Path, place: str) -> None:
    settings = f"import pathlib\nexec(pathlib.Path(__file__).with_name('conf').joinpath({place!r}).read_text())\n"
    staged = make_staged(tmp_path, {"shop/__init__.py": "", "shop/settings.py": settings + "SECRET_KEY = 'x'\n"})
    with pytest.raises(NotImportable) as caught:
        staged.facts()
    told = re.search(r'--build-commands "(.+)"', caught.value.hint)
    assert told
    assert told[1].startswith("mkdir -p ")

    subprocess.run(told[1], shell=True, check=True, cwd=staged.project_folder)

    assert staged.facts().staticfiles is False


def test_no_build_command_writes_to_a_place_outside_the_project(tmp_path: Path) -> None:
    settings = "exec(open('/etc/no-such-shop/local.py').read())\n"
    staged = make_staged(tmp_path, {"shop/__init__.py": "", "shop/settings.py": settings})

    with pytest.raises(NotImportable) as caught:
        staged.facts()

    assert "/etc/no-such-shop" not in caught.value.hint


def test_settings_that_refuse_in_words_of_their_own_get_the_variables_that_they_read(tmp_path: Path) -> None:
    settings = (
        "import os\nfrom django.core.exceptions import ImproperlyConfigured\n"
        "REGION, LANG = os.environ.get('SHOP_REGION'), os.environ.get('SHOP_LANGUAGE', 'de')\n"
        "if not (key := os.environ.get('SHOP_API_KEY')):\n    raise ImproperlyConfigured('There is no API_KEY.')\n"
    )
    staged = make_staged(tmp_path, {"shop/__init__.py": "", "shop/settings.py": settings})
    with pytest.raises(NotImportable) as caught:
        staged.facts()
    told = re.search(r"no default: (.+)\. Set .* --build-env NAME=VALUE", caught.value.hint)
    assert told
    assert told[1] == "SHOP_API_KEY, SHOP_REGION"

    staged.variables["SHOP_API_KEY"] = "good enough"

    assert staged.facts().staticfiles is False


def test_the_option_that_brings_in_a_missing_app_of_the_settings_is_named(tmp_path: Path) -> None:
    pyproject = '[project]\nname = "shop"\noptional-dependencies.dev = ["django-debug-toolbar"]\n'
    apps = 'INSTALLED_APPS = ["django.contrib.staticfiles", "debug_toolbar"]\n'
    staged = make_staged(tmp_path, {**_project(apps), "pyproject.toml": pyproject})
    staged.facts()

    with pytest.raises(UserError) as caught:
        staged.write_static(tmp_path / "static", "collectstatic", "--noinput")

    assert "No module named 'debug_toolbar'" in caught.value.problem
    assert "Give --extras dev." in caught.value.hint
