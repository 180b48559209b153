"""What is recorded while settings are imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from django_pyz.variables.reading import Reading
from django_pyz.variables.recorder import Recorder
from tests.build.trees import write_tree

Import = Callable[..., list[Reading]]
Found = list[tuple[str, str | None, str]]


@pytest.fixture
def importing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Import]:
    """Imports a module named settings, with others that it may import, and gives what was recorded."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = dict(os.environ)

    def run(text: str, given: dict[str, str] | None = None, **others: str) -> list[Reading]:
        write_tree(tmp_path, {"settings.py": text, **{f"{name}.py": other for name, other in others.items()}})
        os.environ.update(given or {})
        recorder, file = Recorder(str(tmp_path)), str(tmp_path / "settings.py")
        with recorder.recording():
            exec(compile(text, file, "exec"), {"__name__": "settings", "__file__": file})
        return recorder.readings()

    yield run
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
    for name in os.environ.keys() - before.keys():
        del os.environ[name]


def _told(readings: list[Reading]) -> Found:
    return [(item.name, item.default, item.kind) for item in readings]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('os.environ["A"]', [("A", None, "")]),
        ('os.environ.get("A")', [("A", "None", "")]),
        ('os.environ.get("A", "b")', [("A", "'b'", "text")]),
        ('os.environ.get(key="A", default="b")', [("A", "'b'", "text")]),
        ('os.getenv("A", "b")', [("A", "'b'", "text")]),
        ('environ["A"]', [("A", None, "")]),
        ('getenv("A")', [("A", "None", "")]),
        ('os.environ.pop("A")', [("A", None, "")]),
        ('os.environ.setdefault("A", "b")', [("A", "'b'", "text")]),
        ('os.environb[b"A"]', [("A", None, "")]),
        ('"A" in os.environ', [("A", "None", "")]),
        ('int(os.environ["A"])', [("A", None, "int")]),
        ('int(os.environ.get("A", 5))', [("A", "5", "int")]),
        ('bool(int(os.environ["A"]))', [("A", None, "int")]),
        ('bool(os.environ.get("A"))', [("A", "None", "")]),
        ('DEBUG = os.environ.get("A", False)', [("A", "False", "")]),
        ('os.environ.get("A", "0") == "1"', [("A", "'0'", "bool")]),
        ('os.environ.get("A", "").lower() in ("yes", "true")', [("A", "''", "bool")]),
        ('os.environ.get("STAGE") == "live"', [("STAGE", "None", "")]),
        ('os.environ["A"].split(",")', [("A", None, "list")]),
        ('json.loads(os.environ["A"])', [("A", None, "json")]),
        ('Path(os.environ["A"])', [("A", None, "path")]),
        ('os.environ.get("A") or "b"', [("A", "'b'", "text")]),
        ('os.environ.get("A", os.environ["B"])', [("B", None, ""), ("A", "os.environ['B']", "")]),
        ('os.environ["DJANGO_SETTINGS_MODULE"]', [("DJANGO_SETTINGS_MODULE", None, "")]),
        ('os.environ["A"] = "1"\nB = os.environ["A"]', []),
        ("dict(os.environ), {**os.environ}, list(os.environ.items()), os.environ | {}, os.environ.copy()", []),
        ('[os.environ[name] for name in os.environ if name == "A"]', []),
    ],
)
def test_a_reading_of_the_environment_is_recorded(importing: Import, source: str, expected: Found) -> None:
    imports = "import os, json\nfrom os import environ, getenv\nfrom pathlib import Path\n"
    given = {name: "1" for name, default, _ in expected if default is None}

    assert _told(importing(imports + source, given)) == expected


@pytest.mark.parametrize(
    ("helper", "call", "expected"),
    [
        ("def env(name):\n    return os.environ[name]", 'env("A")', ("A", None, "text")),
        ("def env(name, default=None):\n    return os.environ.get(name, default)", 'env("A")', ("A", "None", "")),
        ("def env(name, default=None):\n    return os.environ.get(name, default)", 'env("A", 5)', ("A", "5", "int")),
        ("def env(name):\n    return os.environ.get(name, 'b')", 'env("A")', ("A", "'b'", "text")),
        (
            "def env_bool(name, default=False):\n    value = os.getenv(name)\n    return default if not value else 1",
            'env_bool("A", True)',
            ("A", "True", "bool"),
        ),
        (
            "def yes(name, default=False):\n    return os.getenv(name, str(default)) == 'yes'",
            'yes("A")',
            ("A", "False", "bool"),
        ),
        (
            "def env(name, default=None):\n    try:\n        return os.environ[name]\n    except KeyError:\n"
            "        if default is None:\n            raise RuntimeError(name)\n        return default",
            'env("A", default="b")',
            ("A", "'b'", "text"),
        ),
        ("def env(name, cast=str):\n    return cast(os.environ[name])", 'env("A", cast=int)', ("A", None, "int")),
        ("def env(name, cast=int):\n    return [cast(os.environ[name])]", 'env("A")[0]', ("A", None, "int")),
        ("def number(name):\n    return int(os.environ[name])", 'number("A")', ("A", None, "int")),
        ('def env(name):\n    return os.environ["SHOP_" + name]', 'env("A")', ("SHOP_A", None, "text")),
        ('def env(name):\n    return os.environ[f"SHOP_{name.upper()}"]', 'env("a")', ("SHOP_A", None, "text")),
        (
            "def env(*names):\n    for name in names:\n        if os.environ.get(name):\n            return 1",
            'env("A")',
            ("A", "None", ""),
        ),
        ("env = lambda name, other=None: os.environ.get(name, other)", 'env("A", "b")', ("A", "'b'", "text")),
        (
            "def wrapped(function):\n    return lambda *args, **words: function(*args, **words)\n"
            "@wrapped\ndef env(name, default=None):\n    return os.environ.get(name, default)",
            'env("A", default="b")',
            ("A", "'b'", "text"),
        ),
        (
            "class Reader:\n    def get(self, name):\n        return self.text(name)\n"
            "    def text(self, name):\n        return os.environ[name]\nreader = Reader()",
            'reader.get("A")',
            ("A", None, "text"),
        ),
        (
            "class Reader:\n    def __getattr__(self, name):\n        return os.getenv(name, 'b')\nreader = Reader()",
            "reader.A",
            ("A", "'b'", "text"),
        ),
        (
            "class Reader:\n    @staticmethod\n    def get(name):\n        return os.environ[name]",
            'Reader.get("A")',
            ("A", None, "text"),
        ),
    ],
)
def test_a_helper_of_the_project_is_asked_where_it_is_called(
    importing: Import, helper: str, call: str, expected: tuple[str, str | None, str]
) -> None:
    given = {expected[0]: "1"} if expected[1] is None else {}
    line = helper.count("\n") + 3

    found, *_ = importing(f"import os\n{helper}\nX = {call}\n", given)

    assert (*found[:3], found.where) == (*expected, f"settings.py:{line}")


def test_helpers_and_objects_of_other_modules_are_followed(importing: Import) -> None:
    found = importing(
        'from tools import flag as yes\nimport tools\nB = yes("B")\nC = tools.flag("C", True)\n',
        tools="from deep import get\n\ndef flag(name, default=False):\n    return get(name, default) == 'true'\n",
        deep="import os\nDEEP = os.getenv('DEEP')\n\ndef get(name, default):\n"
        "    return os.environ.get(name, default)\n",
    )

    assert found == [
        Reading("DEEP", "None", "", "deep.py:2"),
        Reading("B", "False", "bool", "settings.py:3"),
        Reading("C", "True", "bool", "settings.py:4"),
    ]


@pytest.mark.parametrize(
    ("source", "default"),
    [
        ('if "A" in os.environ:\n    X = os.environ["A"]', "None"),
        ('if "A" in os.environ:\n    X = os.environ["A"]\nelse:\n    X = "b"', "'b'"),
        ('if "A" not in os.environ:\n    X = "b"\nelse:\n    X = os.environ["A"]', "'b'"),
        ('X = os.environ["A"] if "A" in os.environ else "b"', "'b'"),
        ('X = "b" if "A" not in os.environ else os.environ["A"]', "'b'"),
        ('X = "A" in os.environ or "B" in {}', "None"),
        ('try:\n    X = os.environ["A"]\nexcept KeyError:\n    X = "b"', "'b'"),
        ('with suppress(KeyError):\n    X = os.environ["A"]', None),
        ('try:\n    import nosuch\n    X = os.environ["A"]\nexcept ImportError:\n    X = os.getenv("A")', "None"),
    ],
)
def test_what_is_taken_without_the_variable_may_stand_in_another_branch(
    importing: Import, source: str, default: str | None
) -> None:
    (found,) = importing(f"import os\nfrom contextlib import suppress\n{source}\n")

    assert found.default == default


@pytest.mark.parametrize(
    ("source", "is_certain"),
    [
        ('X = os.environ["A"]', True),
        ('for name in ["A"]:\n    X = os.environ[name]', True),
        ('X = [os.environ[name] for name in ["A"]]', True),
        ('class Settings:\n    X = os.environ["A"]', True),
        ('with open(os.devnull):\n    X = os.environ["A"]', True),
        ('X = os.environ.get("A")', False),
        ('X = os.environ.get("A", "b")', False),
        ('if True:\n    X = os.environ["A"]', False),
        ('try:\n    X = os.environ["A"]\nexcept KeyError:\n    pass', False),
        ('with suppress(KeyError):\n    X = os.environ["A"]', False),
        ('X = True and os.environ["A"]', False),
        ('X = os.environ["A"] if True else 1', False),
        ('def get():\n    return os.environ["A"]\nX = get()', False),
    ],
)
def test_where_nothing_else_can_be_taken_the_variable_is_certainly_needed(
    importing: Import, source: str, is_certain: bool
) -> None:
    (found,) = importing(f"import os\nfrom contextlib import suppress\n{source}\n", {"A": "x"})

    assert found.is_certain == is_certain


@pytest.mark.parametrize(
    "source",
    [
        'NAME = "SHOP_A"\nos.environ[NAME]',
        'PREFIX = "SHOP"\nos.environ[f"{PREFIX}_A"]',
        'os.environ["_".join(["SHOP", "A"])]',
        'for name in ("A",):\n    os.environ["SHOP_" + name]',
        'X = {name: os.environ[name] for name in ["SHOP_A"]}',
        'def one(alias):\n    return os.environ[alias.upper() + "_A"]\nX = one("shop")',
        'def one(prefix):\n    return os.environ[prefix + "A"]\nX = one("SHOP_")',
    ],
)
def test_a_name_that_is_put_together_is_recorded_as_it_is(importing: Import, source: str) -> None:
    found = importing(f"import os\n{source}\n", {"SHOP_A": "x"})

    assert [(item.name, item.default) for item in found] == [("SHOP_A", None)]


def test_a_function_that_gets_the_first_part_of_a_name_gives_no_default_for_the_whole(importing: Import) -> None:
    text = (
        "import os\n\ndef secret(name, default='d'):\n    file = os.environ.get(name + '_FILE')\n"
        "    return file or os.environ.get(name, default)\n\nKEY = secret('KEY', 'e')\n"
    )

    assert _told(importing(text)) == [("KEY_FILE", "None", "text"), ("KEY", "'e'", "text")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            'import os\nif not DEBUG:\n    os.environ["A"] = "b"\nX = os.environ["A"]',
            [("A", "'b' if not DEBUG", "")],
        ),
        (
            'import os\nif "A" not in os.environ:\n    os.environ["A"] = "b"\nX = os.environ["A"]',
            [("A", "'b'", "text")] * 2,
        ),
        ('import os\nos.environ["A"] = "b"\nX = os.environ["A"]', []),
    ],
)
def test_what_the_settings_set_themselves_is_provided_only_where_they_do_in_any_case(
    importing: Import, source: str, expected: Found
) -> None:
    assert _told(importing("DEBUG = False\n" + source)) == expected


def test_what_libraries_read_of_their_own_accord_is_left_out(importing: Import) -> None:
    text = (
        "import os, pathlib, tempfile, shutil, locale, urllib.request, subprocess, sys\n"
        "pathlib.Path.home(), tempfile.gettempdir(), shutil.which('sh'), os.path.expandvars('$A'), locale.getlocale()\n"
        "urllib.request.getproxies(), subprocess.run([sys.executable, '-c', ''], env={**os.environ})\n"
        "for name in ('email.charset', 'xml.dom', 'getopt'):\n    __import__(name)\n"
    )

    assert importing(text) == []


def test_an_object_that_answers_only_when_it_is_set_up_is_not_asked_anything(importing: Import) -> None:
    lazy = (
        "import os\n\nclass Lazy:\n    def __getattribute__(self, name):\n        raise RuntimeError\n"
        "    def load(self, default=None):\n        return list(os.environ), os.environ.get('A', 'b')\n\n"
        "X = Lazy.load(Lazy(), Lazy())\n"
    )

    assert _told(importing(lazy)) == [("A", "'b'", "text")]


def test_no_value_of_the_environment_is_recorded(importing: Import) -> None:
    text = (
        "import os\n\ndef env(name, default=None):\n    default = default or os.environ.get('OTHER')\n"
        "    return os.environ.get(name, default)\n\n"
        "class Shop:\n    default = os.environ['OTHER'] + '/shop'\n    def get(self, name, default=default):\n"
        "        return os.environ.get(name, default)\n\nX = env('A')\nY = Shop().get('B')\n"
    )

    found = importing(text, {"OTHER": "pa55w0rd"})

    assert {item.name for item in found} == {"OTHER", "A", "B"}
    assert "pa55w0rd" not in repr(found)


def test_a_file_that_cannot_be_read_again_is_no_error(importing: Import) -> None:
    text = "import os\n\ndef env(name):\n    return os.getenv(name)\n\nX = env('A')\n"
    outer = "import os\nfile = os.path.join(os.path.dirname(__file__), 'gone.py')\n"

    found = importing(f"{outer}exec(compile({text!r}, file, 'exec'))\n")

    assert found == [Reading("A", None, "", "gone.py:6")]


def test_a_long_default_is_shortened(importing: Import) -> None:
    (found,) = importing(f'import os\nX = os.environ.get("A", "{"x" * 200}")')

    assert found.default == "'" + "x" * 76 + "..."


def test_what_was_read_before_an_error_is_kept_and_the_environment_is_as_before(tmp_path: Path) -> None:
    path = write_tree(tmp_path, {"settings.py": 'import os\nA = os.getenv("A")\nB = os.environ["NO_SUCH"]\n'})
    recorder, before = Recorder(str(tmp_path)), type(os.environ)
    code = compile((path / "settings.py").read_text(), str(path / "settings.py"), "exec")
    names: dict[str, Any] = {}

    with pytest.raises(KeyError, match="NO_SUCH"), recorder.recording():
        exec(code, names)

    assert [item.name for item in recorder.readings()] == ["A", "NO_SUCH"]
    assert type(os.environ) is before
