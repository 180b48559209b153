"""Environment variables that settings name in their source."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.variables import settings_source
from django_pyz.variables.literals import look
from django_pyz.variables.reading import Reading
from tests.build.trees import write_tree

Found = list[tuple[str, str | None, str]]
ENVIRON = "import environ\nenv = environ.Env(DEBUG=(bool, False))\n"
DECOUPLE = "from decouple import AutoConfig, Config, Csv, RepositoryEnv, config\nimport dj_database_url\n"
ENVIRONS = "from environs import Env\nenv = Env()\n"
HELPER = "import os\ndef env_bool(name, default=False):\n    return os.getenv(name, default)\n"


def _look(root: Path, text: str, **others: str) -> list[Reading]:
    write_tree(root, {"settings.py": text, **{f"{name}.py": other for name, other in others.items()}})
    return list(look(settings_source.modules("settings", [root]), root))


def _told(readings: list[Reading]) -> Found:
    return [(item.name, item.default, item.kind) for item in readings]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('import os\nos.environ["A"]', [("A", None, "")]),
        ('import os\nos.environ.get("A", "b")', [("A", "'b'", "text")]),
        ('from os import environ as e, getenv\ngetenv(key="A"), e["B"]', [("A", "None", ""), ("B", None, "")]),
        ('import os\n"A" in os.environ.keys()', [("A", "None", "")]),
        ('import os\nos.environ.copy()["A"]', [("A", None, "")]),
        ('import os\nconf = {**dotenv_values(), **os.environ}\nconf["A"]', [("A", None, "")]),
        ('import os\nconf = dict(os.environ)\nconf.get("A", "b")', [("A", "'b'", "text")]),
        ('import os\nconf = os.environ\nconf["http_proxy"]', [("http_proxy", None, "")]),
        ('import os\nint(os.environ.get("A", 5))', [("A", "5", "int")]),
        ('import os\nos.environ["A"] = "1"\nB = os.environ["A"]', []),
        ('import os\nif X:\n    os.environ["A"] = "1"\nB = os.environ["A"]', [("A", None, "")]),
        ('import os\nos.environ[name()], os.environ["a b"], settings.get("A"), NAMES["A"], "A" in NAMES', []),
        (ENVIRON + 'env("A")', [("A", None, "")]),
        (ENVIRON + 'env("A", bool, False)', [("A", "False", "bool")]),
        (ENVIRON + 'env("A", default=env.NOTSET)', [("A", None, "")]),
        (ENVIRON + 'env.list("A", int, [])', [("A", "[]", "list")]),
        (ENVIRON + 'env.path("A", default=BASE_DIR)', [("A", "BASE_DIR", "path")]),
        (ENVIRON + "env.db()", [("DATABASE_URL", None, "url")]),
        (ENVIRON + 'env.cache_url(default="locmemcache://")', [("CACHE_URL", "'locmemcache://'", "url")]),
        (ENVIRON + 'env.int("A", env.int("B", 5))', [("A", "env.int('B', 5)", "int"), ("B", "5", "int")]),
        (ENVIRON + 'environ.Env.read_env(".env")\nenv.url_for("a.b")', []),
        (DECOUPLE + 'config("A", default=False, cast=bool)', [("A", "False", "bool")]),
        (DECOUPLE + 'config("A", default="", cast=Csv())', [("A", "''", "list")]),
        (DECOUPLE + 'config("A", cast=dj_database_url.parse)', [("A", None, "url")]),
        (DECOUPLE + 'other = AutoConfig("/etc")\nother("A", cast=int)', [("A", None, "int")]),
        (DECOUPLE + 'Config(RepositoryEnv("x")).get("A")', [("A", None, "")]),
        (DECOUPLE + 'dj_database_url.config(default="sqlite://")', [("DATABASE_URL", "'sqlite://'", "url")]),
        (DECOUPLE + 'dj_database_url.config(env="DB", default="")', [("DB", "''", "url")]),
        (ENVIRONS + 'env.str("A", "b")', [("A", "'b'", "text")]),
        (ENVIRONS + 'with env.prefixed("MAIL_"):\n    env.int("PORT", 25)', [("PORT", "25", "int")]),
        (HELPER + 'X = env_bool("A", True)', [("A", "True", "bool")]),
        (HELPER + 'flag = lambda name: os.getenv(name)\nX = flag("A")', [("A", None, "bool")]),
        (
            HELPER + 'class Reader:\n    def get(self, n):\n        return os.getenv(n)\nr = Reader("X")\nr.get("A")',
            [("A", None, "")],
        ),
    ],
)
def test_a_name_that_stands_where_the_environment_is_read_is_found(
    tmp_path: Path, source: str, expected: Found
) -> None:
    assert _told(_look(tmp_path, source)) == expected


def test_readers_of_other_modules_are_known_by_the_names_they_are_imported_under(tmp_path: Path) -> None:
    found = _look(
        tmp_path,
        'from tools import env, flag as yes\nimport tools\nA = env("A", default=1)\nB = yes("B")\n'
        'C = tools.flag("C", True)\n',
        tools='import environ\nenv = environ.Env()\n\ndef flag(name, default=False):\n    return env(name) == "yes"\n\n'
        "def unused():\n    return env('NO')\n",
    )

    assert found == [
        Reading("A", "1", "int", "settings.py:3"),
        Reading("B", None, "", "settings.py:4", "", True),
        Reading("C", "True", "bool", "settings.py:5"),
    ]


@pytest.mark.parametrize(
    ("source", "condition"),
    [
        ('X = os.environ["A"]', ""),
        ('if DEBUG:\n    X = os.environ["A"]', "if DEBUG"),
        ('if DEBUG:\n    X = 1\nelse:\n    X = os.environ["A"]', "if not DEBUG"),
        ('if not DEBUG:\n    X = 1\nelse:\n    X = os.environ["A"]', "if DEBUG"),
        ('if STAGE == "live":\n    pass\nelif STAGE:\n    X = os.environ["A"]', "if not (STAGE == 'live'), if STAGE"),
        ('X = os.environ["A"] if USE_S3 else None', "if USE_S3"),
        ('X = None if LOCAL else os.environ["A"]', "if not LOCAL"),
        ('try:\n    import local\nexcept ImportError:\n    X = os.environ["A"]', "after ImportError"),
        ('def later():\n    return os.environ["A"]', "in later()"),
        ('def later():\n    if DEBUG:\n        return os.environ["A"]', "in later(), if DEBUG"),
        ('X = lambda: os.environ["A"]', "in a lambda"),
        ('if os.environ["A"]:\n    pass', ""),
    ],
)
def test_the_condition_for_an_import_to_come_by_is_told(tmp_path: Path, source: str, condition: str) -> None:
    (found,) = _look(tmp_path, f"import os\n{source}\n")

    assert (found.condition, found.is_certain) == (
        condition,
        source.startswith("X = os.environ") and "if" not in source,
    )


def test_an_expression_too_deep_to_read_is_no_error(tmp_path: Path) -> None:
    text = 'import os\nA = os.environ["A"]\nX = ' + " + ".join(["'x'"] * 3000)

    assert [item.name for item in _look(tmp_path, text)] in ([], ["A"])


def test_what_runs_only_as_a_script_does_not_count(tmp_path: Path) -> None:
    assert _look(tmp_path, 'import os\nif __name__ == "__main__":\n    A = os.environ["A"]\n') == []


def test_files_that_are_named_in_a_list_are_looked_at_with_their_functions(tmp_path: Path) -> None:
    text = 'from split_settings.tools import include\nfiles = ["parts/base.py", f"parts/{STAGE}.py"]\ninclude(*files)\n'
    write_tree(tmp_path, {"parts/base.py": 'import os\nX = os.getenv("A")\n', "parts/live.py": 'Y = os.environ["B"]\n'})

    found = _look(tmp_path, text)

    assert [(item.name, item.where) for item in found] == [("A", "parts/base.py:2"), ("B", "parts/live.py:1")]
