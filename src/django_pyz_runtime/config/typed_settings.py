"""Values of the section [settings], put into the settings module with the type of what they replace."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, MutableMapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django_pyz_runtime.config import database_url
from django_pyz_runtime.config.configuration import Value
from django_pyz_runtime.config.values import BOOLEAN, DURATION, Kind
from django_pyz_runtime.texts import is_json_array, nearest, parse_json, word_list

_MISSING = object()
_SEQUENCES = (list, tuple, set, frozenset)
_DIGITS = 100
"""Of a number: one of thousands could be read, but not be shown (sys.set_int_max_str_digits)."""
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
"""What Django takes for the keys that a database leaves out (django.db.utils.ConnectionHandler.configure_settings)."""


def apply(namespace: MutableMapping[str, Any], values: Iterable[Value], defaults: object) -> Iterator[str]:
    """Set Django settings from configuration.

    Args:
        namespace: of the settings module.
        values: of the section [settings], lowest level first.
        defaults: Django's defaults, `django.conf.global_settings`, for types of what the module does not set.

    Yields:
        A line for each value that does not fit; the others are applied.
    """
    copies = _Copies()
    unknown: set[str] = set()
    for value in sorted(values, key=_rank):
        name = value.key.removesuffix("+").rstrip()
        setting, *path = name.split(".")
        if setting not in namespace and not hasattr(defaults, setting) and len(unknown) < _HELPED:
            unknown.add(setting)
            if meant := _meant(setting, namespace, defaults):
                yield f"{value.source}: [settings] {setting}: unknown, did you mean {meant}?"
                continue
        try:
            if path:
                _set_inside(namespace, defaults, setting, path, value, copies)
            else:
                current = namespace.get(setting, getattr(defaults, setting, _MISSING))
                namespace[setting] = _converted(value, current)
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


class _Copies:
    """Dictionaries and lists set by `apply`, each copied once from those of the project and of Django, which stay."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}

    def of(self, container: Any, path: list[str]) -> Any:
        """The copy; of one of these, itself."""
        if id(container) in self._made:
            return container
        if not isinstance(container, dict | list):
            raise _Misfit(f"a name inside a dictionary or list, but {'.'.join(path)} is a {type(container).__name__}")
        copy = dict(container) if isinstance(container, dict) else list(container)
        self._made[id(copy)] = copy
        return copy


def _set_inside(
    namespace: MutableMapping[str, Any], defaults: object, setting: str, path: list[str], value: Value, copies: _Copies
) -> None:
    """Set an item inside a dictionary or list."""
    namespace[setting] = container = copies.of(namespace.get(setting, getattr(defaults, setting, {})), [setting])
    for depth, part in enumerate(path[:-1], 1):
        where = _index(container, part, [setting, *path[:depth]])
        child = copies.of(container[where] if _has(container, where) else {}, [setting, *path[:depth]])
        container[where] = child
        container = child
    where = _index(container, path[-1], [setting, *path])
    fallback = _DATABASE_DEFAULTS.get(path[-1], _MISSING) if setting == "DATABASES" else _MISSING
    current = container[where] if _has(container, where) else fallback
    if setting == "DATABASES" and len(path) == 1:
        container[where] = _database(value.text, current)
    else:
        container[where] = _converted(value, current)


def _index(container: Any, part: str, path: list[str]) -> Any:
    if isinstance(container, dict):
        return part
    if part.isdecimal() and len(part) < _DIGITS and int(part) < len(container):
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


def _converted(value: Value, current: Any) -> Any:
    """The text with the type of the current value, or added to it for `+=`."""
    if not value.key.endswith("+"):
        return convert(value.text, current)
    if isinstance(current, _SEQUENCES):
        added = convert(value.text, current)
        return type(current)([*current, *_new_items(current, added)])
    if isinstance(current, dict):
        return {**current, **convert(value.text, current)}
    raise _Misfit("+= with a list or dictionary")


def _new_items(current: Collection[Any], added: Iterable[Any]) -> list[Any]:
    try:
        known: Collection[Any] = set(current)
        return [item for item in added if item not in known]
    except TypeError:  # some cannot be in a set
        return [item for item in added if item not in current]


def convert(text: str, current: Any) -> Any:
    """Text as a value of the type of the one it replaces; JSON, else text, where there is none or it is None.

    Raises:
        _Misfit: the text does not fit.
    """
    kind = _kind(current)
    try:
        return kind.parse(text)
    except (ValueError, TypeError, RuntimeError):
        raise _Misfit(kind.wanted) from None


def _kind(current: Any) -> Kind:
    from django.utils.functional import Promise

    if current is None or current is _MISSING:
        return Kind("JSON or text", _guess)
    kinds: tuple[tuple[Any, Kind], ...] = (
        (bool, BOOLEAN),
        (int, Kind("a whole number", _whole_number)),
        (float, Kind("a number", float)),
        (timedelta, DURATION),
        (Path, Kind("a path", lambda text: Path(text).expanduser())),
        (_SEQUENCES, Kind("a list, divided by commas or lines, or a JSON array", partial(_sequence, current=current))),
        (dict, Kind("a JSON object", _dictionary)),
        ((str, Promise), Kind("some text", str)),
    )
    other = Kind(f"another place: a {type(current).__name__} can be set in local_settings only", _never)
    return next((kind for types, kind in kinds if isinstance(current, types)), other)


def _whole_number(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(text)
    return int(text, 0)


def _guess(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError:
        return text


def _dictionary(text: str) -> dict[str, Any]:
    found = parse_json(text)
    if not isinstance(found, dict):
        raise ValueError(text)
    return found


def _never(text: str) -> Any:
    raise ValueError(text)


def _sequence(text: str, current: Any) -> Any:
    """A sequence of the same type, with items of the same type where those have one type."""
    items: list[Any] = parse_json(text) if is_json_array(text) else list(word_list(text))
    if not isinstance(items, list):
        raise ValueError(text)
    types = {type(item) for item in current}
    if types and all(issubclass(item, Path) for item in types):
        items = [Path(item) for item in items]
    elif types == {int} and not text.startswith("["):
        items = [int(item) for item in items]
    elif types == {tuple}:
        items = [tuple(item) if isinstance(item, list) else item for item in items]
    return type(current)(items)
