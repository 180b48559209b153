"""Puts the values of the section [settings] into the settings module, with the types of the values they replace."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, MutableMapping
from typing import Any

from django_pyz_runtime.config import database_url
from django_pyz_runtime.config.configuration import Value
from django_pyz_runtime.config.setting_kinds import DIGITS, MISSING, SEQUENCES, kind_of
from django_pyz_runtime.texts import nearest

_HELPED = 100
"""How many unknown settings are compared with the known ones, which takes a while."""

_DATABASE_DEFAULTS: dict[str, Any] = {
    "ENGINE": "",
    "NAME": "",
    "USER": "",
    "PASSWORD": "",
    "HOST": "",
    "PORT": "",
    "TIME_ZONE": "",
    "CONN_MAX_AGE": 0,
    "CONN_HEALTH_CHECKS": False,
    "ATOMIC_REQUESTS": False,
    "AUTOCOMMIT": True,
}
"""Django's defaults for missing keys of a database (django.db.utils.ConnectionHandler.configure_settings)."""


def apply(namespace: MutableMapping[str, Any], values: Iterable[Value], defaults: object) -> Iterator[str]:
    """Set Django settings from configuration.

    Args:
        namespace: of the settings module.
        values: of the section [settings], lowest level first.
        defaults: Django's defaults, `django.conf.global_settings`, for types of what the module does not set.

    Yields:
        A line for each value that does not fit; the others are applied.
    """
    copies: dict[int, Any] = {}
    unknown: set[str] = set()
    for value in sorted(values, key=_rank):
        setting, *path = names = value.key.removesuffix("+").rstrip().split(".")
        if setting not in namespace and not hasattr(defaults, setting) and len(unknown) < _HELPED:
            unknown.add(setting)
            if meant := _meant(setting, namespace, defaults):
                yield f"{value.source}: [settings] {setting}: unknown, did you mean {meant}?"
                continue
        try:
            if path:
                _set_inside(namespace, defaults, names, value, copies)
            else:
                current = namespace.get(setting, getattr(defaults, setting, MISSING))
                namespace[setting] = _converted(value, (setting,), current)
        except _Misfit as misfit:
            yield value.problem(str(misfit))


def _rank(value: Value) -> tuple[int, int, bool]:
    """Lower levels first; in a level what is outside before what is inside, and a value before additions to it."""
    return value.level, value.key.count("."), value.key.endswith("+")


class _Misfit(Exception):
    """A text that does not fit; says what was wanted."""


def _meant(name: str, namespace: MutableMapping[str, Any], defaults: object) -> str:
    """A setting with a name that is nearly this one, or ""."""
    return nearest(name, sorted({known for known in [*namespace, *dir(defaults)] if known.isupper()}), 0.85)


def _copied(container: Any, path: list[str], copies: dict[int, Any]) -> Any:
    """A copy of a dictionary or list of the project's or of Django's, which stay as they are; of a copy, itself."""
    if id(container) in copies:
        return container
    if not isinstance(container, dict | list):
        raise _Misfit(f"a name inside a dictionary or list, but {'.'.join(path)} is a {type(container).__name__}")
    copy = dict(container) if isinstance(container, dict) else list(container)
    copies[id(copy)] = copy
    return copy


def _set_inside(
    namespace: MutableMapping[str, Any], defaults: object, names: list[str], value: Value, copies: dict[int, Any]
) -> None:
    """Set an item inside a dictionary or list."""
    setting, *path = names
    found = namespace.get(setting, getattr(defaults, setting, {}))
    namespace[setting] = container = _copied(found, [setting], copies)
    for depth, part in enumerate(path[:-1], 1):
        where = _index(container, part, names[: depth + 1])
        child = _copied(container[where] if _has(container, where) else {}, names[: depth + 1], copies)
        container[where] = child
        container = child
    where = _index(container, path[-1], names)
    fallback = _DATABASE_DEFAULTS.get(path[-1], MISSING) if setting == "DATABASES" else MISSING
    current = container[where] if _has(container, where) else fallback
    if setting == "DATABASES" and len(path) == 1:
        container[where] = _database(value.text, current)
    else:
        container[where] = _converted(value, tuple(names), current)


def _index(container: Any, part: str, path: list[str]) -> Any:
    if isinstance(container, dict):
        return part
    if part.isdecimal() and len(part) < DIGITS and int(part) < len(container):
        return int(part)
    raise _Misfit(f"a number below {len(container)} after {'.'.join(path[:-1] or path)}")


def _has(container: Any, where: Any) -> bool:
    return isinstance(container, list) or where in container


def _database(text: str, current: Any) -> Any:
    """A database given as URL: its options stay where the URL has none."""
    try:
        found = database_url.parse(text)
    except ValueError:
        raise _Misfit(database_url.WANTED) from None
    kept = current if isinstance(current, dict) and current.get("ENGINE") == found["ENGINE"] else {}
    return {**kept, **found}


def _converted(value: Value, names: tuple[str, ...], current: Any) -> Any:
    """The text with the type of the current value, or added to it for `+=`."""
    if not value.key.endswith("+"):
        return _parsed(value.text, names, current)
    if isinstance(current, SEQUENCES) and (added := _parsed(value.text, names, current)) is not None:
        return type(current)([*current, *_new_items(current, added)])
    if isinstance(current, dict) and (more := _parsed(value.text, names, current)) is not None:
        return {**current, **more}
    raise _Misfit("+= with a list or dictionary")


def _parsed(text: str, names: tuple[str, ...], current: Any) -> Any:
    """A text as a value of a setting.

    Raises:
        _Misfit: it does not fit.
    """
    try:
        kind = kind_of(names, current)
    except Exception as error:
        # A lazy value that cannot be made.
        raise _Misfit(f"another place: what it replaces cannot be read ({type(error).__name__})") from None
    try:
        return kind.parse(text)
    except (ValueError, TypeError, RuntimeError):
        raise _Misfit(kind.wanted) from None


def _new_items(current: Collection[Any], added: Iterable[Any]) -> list[Any]:
    try:
        known: Collection[Any] = set(current)
        return [item for item in added if item not in known]
    except TypeError:  # some cannot be in a set
        return [item for item in added if item not in current]
