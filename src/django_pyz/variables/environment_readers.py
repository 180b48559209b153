"""How the known libraries read environment variables: their functions, and where these take name, default and type.

Functions are named by their import path; a method of an object by that of its class, as "environ.Env().bool". Checked
with django-environ 0.14, python-decouple 3.8, environs 15.2, everett 3.5, starlette 1.10, dj-database-url 3.1 and
django-configurations 2.5.
"""

from __future__ import annotations

from dataclasses import dataclass

from django_pyz.variables.variable_kinds import KINDS

_NAME_DEFAULT = ("key", "default")
_CLASSES = {
    "environ.Env": "environ.Env",
    "environ.FileAwareEnv": "environ.Env",
    "environ.environ.Env": "environ.Env",
    "envparse.Env": "environs.Env",
    "environs.Env": "environs.Env",
    "environs.FileAwareEnv": "environs.Env",
    "decouple.Config": "decouple.Config",
    "decouple.AutoConfig": "decouple.Config",
    "everett.manager.ConfigManager": "everett.manager.ConfigManager",
    "everett.manager.ConfigManager.basic_config": "everett.manager.ConfigManager",
    "starlette.config.Config": "starlette.config.Config",
}
_OBJECTS = {
    "environ.Env().ENVIRON": "os.environ",
    "environ.Env.ENVIRON": "os.environ",
    "envparse.env": "environs.Env()",
    "environs.env": "environs.Env()",
    "decouple.config": "decouple.Config()",
    "starlette.config.environ": "os.environ",
}
_NOT_READING = {"read_env", "read_envfile", "prefixed", "seal", "dump", "add_parser", "add_parser_from_field"}
_NOT_READING |= {"parser_for", "prefix", "__call__"}


@dataclass(frozen=True)
class Reader:
    """How a function that reads the environment takes its arguments.

    Attributes:
        parameters: their names, in order; the first one is the variable's name.
        kind: what it makes of the text, "" where that is not fixed.
        unset: the source text of what it gives without a default; None where the variable must be set then.
        variable: the name it reads where none is given.
    """

    parameters: tuple[str, ...] = _NAME_DEFAULT
    kind: str = ""
    unset: str | None = None
    variable: str = ""


def _environ_readers() -> dict[str, Reader]:
    readers = {
        f"environ.Env().{kind}": Reader(("var", "default"), meaning)
        for kind, meaning in KINDS.items()
        if kind not in {"list", "tuple", "dict", "decimal", "path"}
    }
    for kind in ("list", "tuple", "dict"):
        readers[f"environ.Env().{kind}"] = Reader(("var", "cast", "default"), KINDS[kind])
    for kind, variable in {"db": "DATABASE", "cache": "CACHE", "email": "EMAIL", "search": "SEARCH"}.items():
        for method in (kind, f"{kind}_url"):
            readers[f"environ.Env().{method}"] = Reader(("var", "default"), "url", variable=f"{variable}_URL")
    for method in ("channels", "channels_url"):
        readers[f"environ.Env().{method}"] = Reader(("var", "default"), "url", variable="CHANNELS_URL")
    readers["environ.Env().path"] = Reader(("var", "default"), "path")
    for name in ("environ.Env()", "environ.Env().get_value"):
        readers[name] = Reader(("var", "cast", "default"))
    return readers


_EVERETT = ("key", "namespace", "default", "default_if_empty", "alternate_keys", "doc", "parser", "raise_error")
_READERS = {
    "os.getenv": Reader(unset="None"),
    "os.environ.get": Reader(unset="None"),
    "os.environ.pop": Reader(),
    "os.environ.setdefault": Reader(),
    "decouple.Config()": Reader(("option", "default", "cast")),
    "decouple.Config().get": Reader(("option", "default", "cast")),
    "starlette.config.Config()": Reader(("key", "cast", "default")),
    "starlette.config.Config().get": Reader(("key", "cast", "default")),
    "everett.manager.ConfigManager()": Reader(_EVERETT),
    "dj_database_url.config": Reader(("env", "default"), "url", "{}", "DATABASE_URL"),
    "django_cache_url.config": Reader(("env", "default"), "url", "{}", "CACHE_URL"),
    "dj_email_url.config": Reader(("env", "default"), "url", "{}", "EMAIL_URL"),
    "dj_search_url.config": Reader(("env", "default"), "url", "{}", "SEARCH_URL"),
    **_environ_readers(),
}


def reader(function: str) -> Reader | None:
    """How a library function reads the environment; None where it does not."""
    if function in _READERS:
        return _READERS[function]
    if function == "environs.Env()":
        return Reader(("name", "default"))
    method = function.removeprefix("environs.Env().")
    if method == function or method in _NOT_READING or "." in method:
        return None
    # Any other method is a parser, built in or the project's own.
    return Reader(("name", "default"), "url" if method.endswith("_url") else KINDS.get(method, ""))


def canonical(name: str) -> str:
    """The one name used here for an object that libraries give under several."""
    return _OBJECTS.get(name, name)


def instance_of(name: str) -> str:
    """What calling a class gives, as "environ.Env()"; "" where it is no class that is known here."""
    return f"{_CLASSES[name]}()" if name in _CLASSES else ""
