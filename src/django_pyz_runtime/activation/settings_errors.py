"""The errors for settings that cannot be imported, or that Django refuses."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER, Variable
from django_pyz_runtime.config.resolved import SETTINGS_MODULE
from django_pyz_runtime.errors import UserError

_BUGS = (ArithmeticError, AssertionError, AttributeError, ImportError, NameError, SyntaxError, TypeError)
_LIBRARIES: dict[str, Sequence[str]] = {
    "configurations": ("full_environ_name",),
    "decouple": ("option",),
    "environ": ("var_name",),
    "environs": ("proxied_key", "parsed_key"),
    "envparse": ("var",),
    "everett": (),
    "prettyconf": ("item",),
    "starlette": ("key",),
}
"""Libraries that read variables, and the local names that hold a missing variable's name in their functions."""
_IN_CAPITALS = {"everett", "prettyconf"}
"""Those that look for the name in capitals."""
_NO_DEFAULT = {None, "None", "''"}
_PROJECT = f"/{PROJECT_FOLDER}/"


class MissingVariables(UserError):
    """The settings need variables.

    Args:
        problem: what is wrong.
        names: of the variables: first the missing one, then the others that are required.
        hint: the next step.
    """

    def __init__(self, problem: str, names: Sequence[str], hint: str) -> None:
        super().__init__(problem, hint=hint)
        self.names = tuple(names)


def unknown_time_zone(error: ValueError) -> UserError | None:
    """The message for an error of Django's own settings; None if it is not about TIME_ZONE.

    Django looks for a file of that name where the system has a folder for them, whoever brings the data
    (django.conf.Settings).
    """
    text, _, zone = str(error).partition(": ")
    if text != "Incorrect timezone setting":
        return None
    return UserError(
        f"TIME_ZONE: /usr/share/zoneinfo on this machine has no time zone {zone!r}",
        hint="Install the system's time zone data (Debian and others: tzdata, with tzdata-legacy for names such as "
        "US/Eastern), or set [settings] TIME_ZONE.",
    )


def missing_variable(
    error: BaseException, variables: Sequence[Variable], environ: Mapping[str, str], config: str
) -> MissingVariables | None:
    """The message for an error of the settings about an unset variable; None for other errors.

    Args:
        error: the error.
        variables: those that the settings read, as found at build time.
        environ: the environment.
        config: path of the settings.ini.
    """
    if isinstance(error, _BUGS):
        return None
    unset = {item.name: item for item in variables if item.name not in environ}
    missed = [name for name in _missed(error, unset) if name not in environ]
    if not missed:
        return None
    name = missed[0]
    required = [item.name for item in unset.values() if item.is_required]
    others = [other for other in dict.fromkeys([*missed, *required]) if other != name]
    where = unset[name].where if name in unset else _place(error)
    # Keep the original message if it adds detail.
    own = "" if isinstance(error, KeyError) or _is_pydantic(error) else f": {str(error).strip()}"
    also = f" Also required: {', '.join(others)}." if others else ""
    return MissingVariables(
        f"the settings need the variable {name} ({where}){own}",
        [name, *others],
        f"Set {name} in the section [env] of {config}.{also}",
    )


def _missed(error: BaseException | None, unset: Mapping[str, Variable]) -> Iterator[str]:
    """The missing variables that caused an error, or an error in its chain.

    Args:
        error: the error.
        unset: variables that are not set, by name.
    """
    while error:
        frames = [frame for frame, _ in _frames(error)]
        last = frames[-1] if frames else None
        raised_in = last.f_globals.get("__name__", "").partition(".")[0] if last else ""
        if isinstance(error, KeyError) and raised_in == "os":
            yield str(error.args[0])
        elif _is_pydantic(error):
            yield from _missing_fields(error, frames)
        elif last and raised_in in _LIBRARIES:
            names = _named_by_library(error, last.f_locals, _LIBRARIES[raised_in])
            yield from (name.upper() if raised_in in _IN_CAPITALS else name for name in names)
        elif any(cls.__name__ == "ImproperlyConfigured" for cls in type(error).__mro__) or _is_of_project(last):
            yield from _mentioned(str(error), unset)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _named_by_library(error: Any, known: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    """The variable that a library has not found, by an attribute of its error if there is one.

    Args:
        error: the library's.
        known: what its function knows that raised it.
        names: the names by which that function knows the variable.
    """
    if key := getattr(error, "key", None):
        namespace = getattr(error, "namespace", None) or []
        yield "_".join([*([namespace] if isinstance(namespace, str) else namespace), key])
    yield from (str(known[name]) for name in names if known.get(name))
    yield from getattr(error, "error_messages", None) or ()


def _mentioned(text: str, unset: Mapping[str, Variable]) -> Iterator[str]:
    """The variable without a default that a text speaks of first."""
    words = re.findall(r"\w+", text)
    yield from [word for word in words if word in unset and unset[word].default in _NO_DEFAULT][:1]


def _is_pydantic(error: BaseException) -> bool:
    return type(error).__name__ == "ValidationError" and type(error).__module__.startswith("pydantic")


def _missing_fields(error: Any, frames: list[FrameType]) -> Iterator[str]:
    """The variables of the missing fields of a pydantic-settings class."""
    makers = (frame for frame in frames if frame.f_globals.get("__name__", "").startswith("pydantic_settings"))
    made = next((frame.f_locals[frame.f_code.co_varnames[0]] for frame in makers), None)
    prefix = getattr(made, "model_config", {}).get("env_prefix", "")
    fields = getattr(type(made), "model_fields", {})
    for item in error.errors():
        if item["type"] == "missing":
            name = str(item["loc"][0])
            yield (prefix + name if name in fields else name).upper()


def _place(error: BaseException) -> str:
    """File and line of the project's code that led to an error, relative to the project."""
    places = [f"{frame.f_code.co_filename}:{line}" for frame, line in _frames(error)]
    inside = [place.rpartition(_PROJECT)[2] for place in places if _PROJECT in place]
    return inside[-1] if inside else "settings"


def _frames(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    """The frames that an error came through, with the line of each, the innermost last."""
    from traceback import walk_tb

    return walk_tb(error.__traceback__)


def _is_of_project(frame: FrameType | None) -> bool:
    return frame is not None and _PROJECT in frame.f_code.co_filename


def missing_settings(error: BaseException) -> UserError | None:
    """The message for a missing settings module; None for every other error."""
    module = os.environ.get(SETTINGS_MODULE, "")
    missing = error.name if isinstance(error, ModuleNotFoundError) and error.name else ""
    if not missing or not f"{module}.".startswith(f"{missing}."):
        return None
    hint = f"It is named by {SETTINGS_MODULE}, by [project] settings_module, or by the build."
    if missing == module:
        # A file can be a module in a package, but not the package.
        hint += f" If each installation writes its own: `{module} = FILE` below [modules] in settings.ini."
    return UserError(f"the settings module {module!r}: there is no module {missing!r}", hint=hint)


def refused(error: Exception, hint: str = "") -> UserError:
    """The message for settings that Django finds improperly configured."""
    return UserError(f"{os.environ[SETTINGS_MODULE]}: {error}", hint=hint)
