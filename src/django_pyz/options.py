"""The options of a build: `[tool.django-pyz]` in the project's pyproject.toml, each also a command-line option."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from django_pyz.toml_files import read_toml
from django_pyz_runtime.bundle.container import DEFLATE, LZMA, STORED
from django_pyz_runtime.errors import UserError

TABLE = "django-pyz"
BALANCED = "balanced"
"""LZMA for message catalogs, which it halves; DEFLATE, which unpacks much faster, for everything else."""
COMPRESSIONS = (BALANCED, DEFLATE, LZMA, STORED)


def _option(default: Any, help_text: str, metavar: str = "", **more: Any) -> Any:
    """Declare an option. Its type is that of the default; a repeatable option has a tuple."""
    return field(default=default, metadata={"help": help_text, "metavar": metavar, **more})


@dataclass(frozen=True)
class Options:
    """The options of a build; each has a default."""

    manage_py: str = _option("", "the manage.py to use if there are several, relative to the project", "FILE")
    name: str = _option(
        "",
        "site name (/etc/NAME, /var/lib/NAME, units); default: [project] name in pyproject.toml, else the folder's",
        "NAME",
    )
    script: str = _option("", "name of the executable; default: NAME", "NAME")
    settings_module: str = _option(
        "", "the settings module; default: the one in wsgi.py or asgi.py, else in manage.py", "MODULE"
    )
    python: str = _option("", "the Python to build for; default: the one running the build", "PYTHON")
    requirements: tuple[str, ...] = _option(
        (), "a requirements file or lock to install, relative to the project", "PATH"
    )
    extras: tuple[str, ...] = _option((), "an extra of the project to install", "NAME")
    groups: tuple[str, ...] = _option((), "a dependency group of the project to install", "NAME")
    include: tuple[str, ...] = _option((), "a file or pattern to add that would be left out otherwise", "PATH")
    exclude: tuple[str, ...] = _option((), "a file or pattern to leave out", "PATH")
    extra_paths: tuple[str, ...] = _option((), "another folder of the project to add to sys.path", "PATH")
    data_paths: tuple[str, ...] = _option(
        (),
        "a path next to the code that the project writes to; it becomes a link to the data folder; folders end with /",
        "PATH",
    )
    allow_secrets: tuple[str, ...] = _option((), "a file or pattern to exempt from the check for secrets", "PATH")
    build_commands: tuple[str, ...] = _option(
        (), "a shell command to run in a copy of the project before it is packed", "COMMAND"
    )
    build_env: tuple[str, ...] = _option((), "an environment variable for the build only", "NAME=VALUE", is_table=True)
    build_config: str = _option("", "a settings.ini for the build only, relative to the project", "FILE")
    services: tuple[str, ...] = _option(
        (),
        'a background process, e.g. `worker = "celery -A shop worker"`; same format as [services] in settings.ini',
        "NAME=COMMAND",
        is_table=True,
    )
    timers: tuple[str, ...] = _option(
        (),
        'a scheduled management command, e.g. `clearsessions = "daily"`; same format as [timers] in settings.ini',
        "COMMAND=TIMES",
        is_table=True,
    )
    collectstatic: bool = _option(True, "collect the static files at build time")
    compression: str = _option(
        BALANCED,
        "balanced (default), deflate (faster to unpack), lzma (smallest), stored (largest, fastest to unpack)",
        choices=COMPRESSIONS,
    )

    def without_data(self, *more: str) -> Options:
        """The options with the data paths and `more` added to `exclude`."""
        return replace(self, exclude=(*self.exclude, *more, *(path.rstrip("/") for path in self.data_paths)))

    @property
    def variables(self) -> dict[str, str]:
        """`build_env` as names and values.

        Raises:
            UserError: an entry is not NAME=VALUE.
        """
        found: dict[str, str] = {}
        for text in self.build_env:
            name, equals, value = text.partition("=")
            if not (name and equals):
                raise UserError("build-env: wanted NAME=VALUE, found no " + ("name" if equals else "`=`"))
            found[name] = value
        return found


def read_table(pyproject: Path) -> Options:
    """The options in a pyproject.toml; the defaults where there is no file or no table.

    Raises:
        UserError: the file is not TOML, or the table has an unknown or invalid entry.
    """
    tool = read_toml(pyproject).get("tool", {})
    table = tool.get(TABLE, {}) if isinstance(tool, dict) else tool
    if not isinstance(table, dict):
        raise UserError(f"{pyproject}: wanted a table [tool.{TABLE}], found {table!r}")
    known = {item.name.replace("_", "-"): item for item in fields(Options)}
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise UserError(f"{pyproject}: [tool.{TABLE}] has no {key!r}", hint=f"Known are {', '.join(known)}.")
        found[known[key].name] = _fitting(pyproject, known[key], value)
    return Options(**found)


def _fitting(pyproject: Path, item: Field[Any], value: Any) -> Any:
    where = f"{pyproject}: [tool.{TABLE}] {item.name.replace('_', '-')}"
    if item.metadata.get("is_table"):
        wanted = 'a table of strings, as { NAME = "value" }'
        if isinstance(value, dict) and all(isinstance(text, str) for text in value.values()):
            return tuple(f"{name}={text}" for name, text in value.items())
    elif isinstance(item.default, tuple):
        wanted = "a list of strings"
        if isinstance(value, list) and all(isinstance(text, str) for text in value):
            return tuple(value)
    elif choices := item.metadata.get("choices"):
        wanted = f"one of {', '.join(choices)}"
        if value in choices:
            return value
    else:
        if type(value) is type(item.default):
            return value
        wanted = "true or false" if isinstance(item.default, bool) else "a string"
    # A variable for the build may be a secret.
    found = "another type" if item.metadata.get("is_table") else repr(value)
    raise UserError(f"{where}: wanted {wanted}, found {found}")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command-line options."""
    for item in fields(Options):
        flag, help_text, metavar = f"--{item.name.replace('_', '-')}", item.metadata["help"], item.metadata["metavar"]
        if isinstance(item.default, bool):
            flag, help_text = f"--no-{item.name}", f"do not {help_text}"
            parser.add_argument(flag, dest=item.name, action="store_const", const=False, help=help_text)
        elif isinstance(item.default, tuple):
            parser.add_argument(flag, action="append", metavar=metavar, help=f"{help_text} (repeatable)")
        else:
            parser.add_argument(flag, choices=item.metadata.get("choices"), metavar=metavar or None, help=help_text)


def with_arguments(options: Options, arguments: Namespace) -> Options:
    """The options, overridden by those of the command line."""
    given: dict[str, Any] = {item.name: getattr(arguments, item.name) for item in fields(Options)}
    changes: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items() if value is not None
    }
    return replace(options, **changes)
