"""The environment variables that settings read, found in their source."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.variables import variables
from django_pyz_runtime.bundle.manifest import Variable
from tests.build.trees import write_tree

Found = list[tuple[str, str | None, str]]


def _read(root: Path, text: str, **others: str) -> tuple[Variable, ...]:
    write_tree(root, {"settings.py": text, **{f"{name}.py": other for name, other in others.items()}})
    return variables.read("settings", [root], root)


def _found(root: Path, text: str, **others: str) -> Found:
    return [(item.name, item.default, item.kind) for item in _read(root, text, **others)]


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
        ('"A" in os.environ', [("A", "None", "")]),
        ('"A" in os.environ.keys()', [("A", "None", "")]),
        ('os.environ.copy()["A"]', [("A", None, "")]),
        ('{**dotenv_values(), **os.environ}["A"]', [("A", None, "")]),
        ('int(os.environ["A"])', [("A", None, "int")]),
        ('int(os.environ.get("A", 5))', [("A", "5", "int")]),
        ('bool(int(os.environ["A"]))', [("A", None, "int")]),
        ('bool(os.environ.get("A"))', [("A", "None", "")]),
        ('os.environ.get("A", False)', [("A", "False", "")]),
        ('os.environ.get("A", "0") == "1"', [("A", "'0'", "bool")]),
        ('os.environ.get("A", "").lower() in ("yes", "true")', [("A", "''", "bool")]),
        ('os.environ.get("STAGE") == "live"', [("STAGE", "None", "")]),
        ('os.environ["A"].split(",")', [("A", None, "list")]),
        ('json.loads(os.environ["A"])', [("A", None, "json")]),
        ('Path(os.environ["A"])', [("A", None, "path")]),
        ('strtobool(os.environ["A"])', [("A", None, "bool")]),
        ('os.environ.get("A") or "b"', [("A", "'b'", "text")]),
        ('os.environ.get("A", os.environ["B"])', [("A", "os.environ['B']", ""), ("B", None, "")]),
        ('dj_database_url.config(default="sqlite:///x")', [("DATABASE_URL", "'sqlite:///x'", "url")]),
        ('dj_database_url.config(env="DB", default="")', [("DB", "''", "url")]),
        ("dj_database_url.config()", [("DATABASE_URL", "{}", "url")]),
        ('dj_database_url.parse(os.environ["DB"])', [("DB", None, "url")]),
        ('os.environ["DJANGO_SETTINGS_MODULE"]', []),
        ("os.environ[name()]", []),
        ('os.environ[f"{name()}_X"]', []),
        ('os.environ["A"] = "1"', []),
        ('os.environ["A"] = "1"\nB = os.environ["A"]', []),
        ('settings.get("A")', []),
    ],
)
def test_a_reading_of_the_environment_is_found(tmp_path: Path, source: str, expected: Found) -> None:
    imports = "import os, json, dj_database_url\nfrom os import environ, getenv\nfrom pathlib import Path\n"

    assert _found(tmp_path, imports + source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('env("A")', [("A", None, "")]),
        ('env("A", default="b")', [("A", "'b'", "text")]),
        ('env("A", bool, False)', [("A", "False", "bool")]),
        ('env("A", cast=int)', [("A", None, "int")]),
        ('env("A", default=env.NOTSET)', [("A", None, "")]),
        ('env("DEBUG")', [("DEBUG", "False", "bool")]),
        ('env("PORT")', [("PORT", None, "int")]),
        ('env.str("A", "b")', [("A", "'b'", "text")]),
        ('env.bool("A", default=True)', [("A", "True", "bool")]),
        ('env.int(var="A", default=1)', [("A", "1", "int")]),
        ('env.float("A", 0.5)', [("A", "0.5", "float")]),
        ('env.list("A", int, [])', [("A", "[]", "list")]),
        ('env.tuple("A")', [("A", None, "list")]),
        ('env.dict("A", default={})', [("A", "{}", "dict")]),
        ('env.json("A")', [("A", None, "json")]),
        ('env.url("A")', [("A", None, "url")]),
        ('env.path("A", default=BASE_DIR)', [("A", "BASE_DIR", "path")]),
        ("env.db()", [("DATABASE_URL", None, "url")]),
        ('env.db_url("OTHER_URL", default="sqlite://")', [("OTHER_URL", "'sqlite://'", "url")]),
        ("env.cache()", [("CACHE_URL", None, "url")]),
        ('env.cache_url(default="locmemcache://")', [("CACHE_URL", "'locmemcache://'", "url")]),
        ("env.email_url()", [("EMAIL_URL", None, "url")]),
        ("env.search_url()", [("SEARCH_URL", None, "url")]),
        ("env.channels()", [("CHANNELS_URL", None, "url")]),
        ('"A" in env', [("A", "None", "")]),
        ('env.ENVIRON["A"]', [("A", None, "")]),
        ('env.prefix = "SHOP_"\nenv.bool("A")', [("SHOP_A", None, "bool")]),
        ('environ.Env.read_env(".env")', []),
    ],
)
def test_django_environ_is_understood(tmp_path: Path, source: str, expected: Found) -> None:
    assert _found(tmp_path, f"import environ\nenv = environ.Env(DEBUG=(bool, False), PORT=int)\n{source}") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('config("A")', [("A", None, "")]),
        ('config("A", "b")', [("A", "'b'", "text")]),
        ('config("A", default=False, cast=bool)', [("A", "False", "bool")]),
        ('config("A", default="", cast=Csv())', [("A", "''", "list")]),
        ('config("A", cast=lambda text: text.split(","))', [("A", None, "list")]),
        ('config("A", cast=dj_database_url.parse)', [("A", None, "url")]),
        ('AutoConfig("/etc")("A", cast=int)', [("A", None, "int")]),
        ('Config(RepositoryEnv("x")).get("A")', [("A", None, "")]),
    ],
)
def test_python_decouple_is_understood(tmp_path: Path, source: str, expected: Found) -> None:
    assert (
        _found(tmp_path, f"from decouple import config, AutoConfig, Config, RepositoryEnv, Csv\n{source}") == expected
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('env("A", None)', [("A", "None", "")]),
        ('env.str("A", "b")', [("A", "'b'", "text")]),
        ('env.dj_db_url("A")', [("A", None, "url")]),
        ('env.log_level("A", "INFO")', [("A", "'INFO'", "text")]),
        (
            'with env.prefixed("A_"):\n    env.int("X")\n    with env.prefixed("B_"):\n        env("Y")\nenv("Z")',
            [("A_B_Y", None, ""), ("A_X", None, "int"), ("Z", None, "")],
        ),
        ("env.read_env()", []),
    ],
)
def test_environs_is_understood(tmp_path: Path, source: str, expected: Found) -> None:
    assert _found(tmp_path, f"from environs import Env\nenv = Env()\n{source}") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('config("debug", default="false", parser=bool)', [("DEBUG", "'false'", "bool")]),
        ('config("a", namespace="mail")', [("MAIL_A", None, "")]),
        ('config("a", namespace=["mail", "out"])', [("MAIL_OUT_A", None, "")]),
        ('config.with_namespace("mail")("a", parser=ListOf(str))', [("MAIL_A", None, "list")]),
        ('config("a", raise_error=False)', [("A", "None", "")]),
    ],
)
@pytest.mark.parametrize("maker", ["ConfigManager([ConfigOSEnv()])", "ConfigManager.basic_config()"])
def test_everett_is_understood(tmp_path: Path, maker: str, source: str, expected: Found) -> None:
    assert _found(tmp_path, f"from everett.manager import ConfigManager\nconfig = {maker}\n{source}") == expected


def test_a_starlette_config_is_understood(tmp_path: Path) -> None:
    text = 'from starlette.config import Config\nconfig = Config(".env", env_prefix="X_")\nconfig("A", bool, True)'

    assert _found(tmp_path, text) == [("X_A", "True", "bool")]


def test_the_fields_of_a_pydantic_settings_class_are_found(tmp_path: Path) -> None:
    text = """
from pydantic import Field, AliasChoices
from pydantic_settings import BaseSettings, SettingsConfigDict

class Common(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="shop_")

    secret: SecretStr
    debug: bool = False
    port: int | None = None
    hosts: list[str] = Field(default_factory=list)
    ratio: Optional[float] = Field(0.5)
    must: int = Field(...)
    database: PostgresDsn = Field(validation_alias="DATABASE_URL")
    mail: str = Field("x", validation_alias=AliasChoices("MAIL", "EMAIL"))
    count: Annotated[int, Field(ge=1)] = 2
    registry: ClassVar[dict] = {}
    _hidden: str = ""

class Old(BaseSettings):
    name: str

    class Config:
        env_prefix = "OLD_"

class Child(Old):
    extra: "str" = "e"
"""

    assert _found(tmp_path, text) == [
        ("DATABASE_URL", None, "url"),
        ("EXTRA", "'e'", "text"),
        ("MAIL", "'x'", "text"),
        ("OLD_NAME", None, "text"),
        ("SHOP_COUNT", "2", "int"),
        ("SHOP_DEBUG", "False", "bool"),
        ("SHOP_HOSTS", "list()", "list"),
        ("SHOP_MUST", None, "int"),
        ("SHOP_PORT", "None", "int"),
        ("SHOP_RATIO", "0.5", "float"),
        ("SHOP_SECRET", None, "text"),
    ]


def test_the_values_of_django_configurations_are_found(tmp_path: Path) -> None:
    text = """
from configurations import Configuration, values

class Base(Configuration):
    DEBUG = values.BooleanValue(True)
    SECRET_KEY = values.SecretValue()
    ADMIN = values.Value("me", environ_prefix="SHOP")
    HOSTS = values.ListValue([], environ_name="ALLOWED", environ_prefix=None)
    PORT = values.IntegerValue(environ_required=True)
    FIXED = values.Value("x", environ=False)
    DATABASES = values.DatabaseURLValue("sqlite://")
    CACHES = values.CacheURLValue()
"""

    assert _found(tmp_path, text) == [
        ("ALLOWED", "[]", "list"),
        ("CACHE_URL", "{}", "url"),
        ("DATABASE_URL", "'sqlite://'", "url"),
        ("DJANGO_DEBUG", "True", "bool"),
        ("DJANGO_PORT", None, "int"),
        ("DJANGO_SECRET_KEY", None, "text"),
        ("SHOP_ADMIN", "'me'", "text"),
    ]


@pytest.mark.parametrize(
    ("helper", "call", "expected"),
    [
        ("def env(name):\n    return os.environ[name]", 'env("A")', ("A", None, "")),
        ("def env(name, default=None):\n    return os.environ.get(name, default)", 'env("A")', ("A", "None", "")),
        ("def env(name, default=None):\n    return os.environ.get(name, default)", 'env("A", 5)', ("A", "5", "int")),
        (
            "def env_bool(name, default=False):\n    value = os.getenv(name)\n    return default if not value else 1",
            'env_bool("A", True)',
            ("A", "True", "bool"),
        ),
        (
            "def env_bool(name, default=False):\n    return os.getenv(name, str(default)) == 'yes'",
            'env_bool("A")',
            ("A", "False", "bool"),
        ),
        (
            "def env(name, default=None):\n    try:\n        return os.environ[name]\n    except KeyError:\n"
            "        if default is None:\n            raise ImproperlyConfigured(name)\n        return default",
            'env("A")',
            ("A", None, ""),
        ),
        (
            "def env(name, default=None):\n    try:\n        return os.environ[name]\n    except KeyError:\n"
            "        if default is None:\n            raise ImproperlyConfigured(name)\n        return default",
            'env("A", default="b")',
            ("A", "'b'", "text"),
        ),
        (
            "def env(name):\n    value = os.environ.get(name)\n    if not value:\n        raise ImproperlyConfigured\n"
            "    return value",
            'env("A")',
            ("A", None, ""),
        ),
        (
            "def env(name, required=True):\n    value = os.environ.get(name)\n    if required and not value:\n"
            "        raise ImproperlyConfigured\n    return value",
            'env("A", required=False)',
            ("A", "None", ""),
        ),
        (
            "def env(name, default=None, is_bool=False):\n    value = os.environ.get(name, default)\n    if is_bool:\n"
            "        return as_bool(os.environ.get(name, default))\n    return value",
            'env("A", "b")',
            ("A", "'b'", "text"),
        ),
        ("def env(name, cast=str):\n    return cast(os.environ[name])", 'env("A", cast=int)', ("A", None, "int")),
        ("def number(name) -> int:\n    return convert(os.environ[name])", 'number("A")', ("A", None, "int")),
        ('def env(name):\n    return os.environ["SHOP_" + name]', 'env("A")', ("SHOP_A", None, "")),
        ('def env(name):\n    return os.environ[f"SHOP_{name.upper()}"]', 'env("a")', ("SHOP_A", None, "")),
        ("env = lambda name, other=None: os.environ.get(name, other)", 'env("A", "b")', ("A", "'b'", "text")),
        (
            "class Reader:\n    def get(self, name):\n        return self.text(name)\n"
            "    def text(self, name):\n        return os.environ[name]\nreader = Reader()",
            'reader.get("A")',
            ("A", None, ""),
        ),
        (
            "class Reader:\n    @staticmethod\n    def get(name):\n        return os.environ[name]",
            'Reader.get("A")',
            ("A", None, ""),
        ),
    ],
)
def test_a_helper_of_the_project_reads_the_environment(
    tmp_path: Path, helper: str, call: str, expected: tuple[str, str | None, str]
) -> None:
    assert _found(tmp_path, f"import os\n{helper}\nX = {call}\n") == [expected]


def test_helpers_and_objects_of_other_modules_are_followed(tmp_path: Path) -> None:
    found = _read(
        tmp_path,
        'from tools import env, flag as yes\nimport tools\nA = env("A", default=1)\nB = yes("B")\n'
        'C = tools.flag("C", True)\n',
        tools="import environ\nfrom deep import get\nenv = environ.Env()\n\ndef flag(name, default=False):\n"
        "    return get(name, default) == 'true'\n\ndef unused():\n    import os\n    return os.environ['NO']\n",
        deep="import os\n\ndef get(name, default):\n    return os.environ.get(name, default)\n",
    )

    assert found == (
        Variable("A", "1", "int", "settings.py:3"),
        Variable("B", "False", "bool", "settings.py:4"),
        Variable("C", "True", "bool", "settings.py:5"),
    )


def test_a_scheme_that_another_module_declares_gives_types_and_defaults(tmp_path: Path) -> None:
    text = 'import environ\nfrom scheme import MORE\nenv = environ.Env(**MORE)\nX = env("A")\n'

    assert _found(tmp_path, text, scheme='MORE = {"A": (int, 5)}\n') == [("A", "5", "int")]


def test_split_settings_share_names_and_tell_the_file(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "src/shop/settings/__init__.py": "",
            "src/shop/settings/live.py": 'from .base import *\n\nKEY = env("KEY")\n',
            "src/shop/settings/base.py": 'import environ\nenv = environ.Env()\nDEBUG = env.bool("DEBUG", False)\n',
        },
    )

    assert variables.read("shop.settings.live", [tmp_path / "src"], tmp_path) == (
        Variable("DEBUG", "False", "bool", "src/shop/settings/base.py:3"),
        Variable("KEY", None, "", "src/shop/settings/live.py:3"),
    )


def test_included_files_see_the_names_of_the_file_that_includes_them(tmp_path: Path) -> None:
    text = 'import os\nfrom split_settings.tools import include\ninclude("base.py")\n'

    assert _found(tmp_path, text, base='A = os.environ["A"]\n') == [("A", None, "")]


def test_functions_of_the_settings_that_nothing_calls_are_read_too(tmp_path: Path) -> None:
    assert _found(tmp_path, 'import os\ndef later():\n    return os.environ["A"]\n') == [("A", None, "")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('if "A" in os.environ:\n    X = os.environ["A"]', ("A", "None", "")),
        ('if "A" in os.environ:\n    X = os.environ["A"]\nelse:\n    X = "b"', ("A", "'b'", "")),
        ('X = os.environ["A"] if "A" in os.environ else "b"', ("A", "'b'", "")),
        ('if os.environ.get("A"):\n    X = os.environ["A"]', ("A", "None", "")),
        ('try:\n    X = os.environ["A"]\nexcept KeyError:\n    X = "b"', ("A", "'b'", "")),
        ('with suppress(KeyError):\n    X = os.environ["A"]', ("A", "None", "")),
        ('try:\n    X = os.environ["A"]\nexcept KeyError:\n    raise Exception("A")', ("A", None, "")),
        ('try:\n    X = os.environ["A"]\nexcept ImportError:\n    X = 1', ("A", None, "")),
        ('if "A" not in os.environ:\n    raise Exception', ("A", None, "")),
        ('X = os.environ.get("A")\nif not X:\n    raise Exception', ("A", None, "")),
        ('X = os.environ.get("A", "b")\nif not X:\n    raise Exception', ("A", "'b'", "text")),
        ('os.environ.setdefault("A", "b")\nX = os.environ["A"]', ("A", "'b'", "text")),
        ('X = os.environ.get("A", "b")\nY = os.environ["A"]', ("A", None, "text")),
        ('X = os.environ.get("A")\nY = os.environ.get("A", "b")', ("A", "'b'", "text")),
        ('if not DEBUG:\n    X = os.environ["A"]', ("A", None, "")),
    ],
)
def test_whether_a_variable_must_be_set_is_told(
    tmp_path: Path, source: str, expected: tuple[str, str | None, str]
) -> None:
    assert _found(tmp_path, f"import os\nfrom contextlib import suppress\n{source}\n") == [expected]


@pytest.mark.parametrize(
    "source",
    [
        'NAME = "SHOP_A"\nos.environ[NAME]',
        'PREFIX = "SHOP"\nos.environ[f"{PREFIX}_A"]',
        'PREFIX = "SHOP_"\nos.environ[PREFIX + "A"]',
        'os.environ["%s_A" % "SHOP"]',
        'os.environ["{}_{}".format("SHOP", "A")]',
        'os.environ["_".join(["SHOP", "A"])]',
        'for name in ("A",):\n    os.environ["SHOP_" + name]',
        'NAMES = ["SHOP_A"]\nfor name in NAMES:\n    os.environ[name]',
        'X = {name: os.environ[name] for name in ["SHOP_A"]}',
        'X = [os.environ[name] for name in ["SHOP_A"] if name]',
        'for key, name in (("a", "SHOP_A"),):\n    os.environ[name]',
    ],
)
def test_a_name_that_is_put_together_is_found(tmp_path: Path, source: str) -> None:
    assert _found(tmp_path, f"import os\n{source}\n") == [("SHOP_A", None, "")]


def test_branches_for_tests_and_scripts_do_not_count(tmp_path: Path) -> None:
    text = """
import os, sys
if "test" in sys.argv:
    A = os.environ["A"]
if __name__ == "__main__":
    B = os.environ["B"]
if "test" not in sys.argv:
    C = os.environ["C"]
"""

    assert _found(tmp_path, text) == [("C", None, "")]


def test_a_long_default_is_shortened(tmp_path: Path) -> None:
    (found,) = _read(tmp_path, f'import os\nX = os.environ.get("A", "{"x" * 200}")')

    assert found.default == "'" + "x" * 76 + "..."


def test_a_helper_that_calls_itself_ends(tmp_path: Path) -> None:
    text = 'import os\ndef env(name):\n    return env(name) + env(name) + os.environ[name]\nX = env("A")\n'

    assert _found(tmp_path, text) == [("A", None, "")]


def test_an_expression_too_deep_to_read_is_no_error(tmp_path: Path) -> None:
    text = 'import os\nA = os.environ["A"]\nX = ' + " + ".join(["'x'"] * 3000)

    assert [name for name, *_ in _found(tmp_path, text)] in ([], ["A"])


def test_the_variables_come_sorted_and_once(tmp_path: Path) -> None:
    text = 'import os\nB = os.environ["B"]\nA = os.environ["A"]\nC = os.environ["B"]\n'

    assert _read(tmp_path, text) == (Variable("A", None, "", "settings.py:3"), Variable("B", None, "", "settings.py:2"))
