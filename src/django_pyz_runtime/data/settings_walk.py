"""The ways through settings: to each value, also inside dictionaries, of which a project's settings are full."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard

DEEPEST = 12
"""How far dictionaries in settings are looked into, as they may hold themselves."""
_DICTIONARIES = (dict, OrderedDict)
"""Other types than these are not looked into, as they may do anything then."""

Names = tuple[str, ...]
"""The keys that lead to a value, the setting's name first."""
Holders = tuple[Mapping[Any, Any], ...]
"""The dictionaries around a value, outermost first."""


def is_really(value: Any, *types: type) -> TypeGuard[Any]:
    """Whether a value is of a type without posing as one: a lazy object of Django's does until it is asked.

    `isinstance` makes its value, which may fail, and functions that want the type itself refuse it.
    """
    return issubclass(type(value), types)


def values(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Dotted name and value of every setting, and of what dictionaries hold in place of the dictionary.

    Args:
        namespace: of the settings module; it may change meanwhile.
    """
    for name, value in list(namespace.items()):
        if name.isupper():
            yield from _inside(name, value, 0)


def _inside(name: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if type(value) not in _DICTIONARIES or depth == DEEPEST:
        yield name, value
        return
    for key, item in list(value.items()):
        yield from _inside(f"{name}.{key}", item, depth + 1)


def replaced(value: Any, replace: Callable[[Any, Names, Holders], Any], names: Names, holders: Holders = ()) -> Any:
    """A value with what `replace` makes of it or, on copies, of what its dictionaries and its lists of them hold.

    Args:
        value: a setting's.
        replace: gets each value that is no dictionary, list or tuple, and what leads to it.
        names: lead to the value.
        holders: are around it.
    """
    if len(names) > DEEPEST:
        return value
    if type(value) in _DICTIONARIES:
        new = {key: replaced(item, replace, (*names, str(key)), (*holders, value)) for key, item in value.items()}
        return type(value)(new) if any(new[key] is not value[key] for key in value) else value
    if type(value) in (list, tuple):
        items = [
            replaced(item, replace, (*names, str(number)), holders) if type(item) in _DICTIONARIES else item
            for number, item in enumerate(value)
        ]
        return type(value)(items) if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return replace(value, names, holders)


def plain(value: Any, depth: int = 0) -> Any:
    """A value with the dictionaries and lists of a settings library as those of Python; the same where it has none.

    Args:
        value: of a setting.
        depth: in how many others it is; from a depth on it is left as it is, as it may hold itself.
    """
    if depth > DEEPEST or not is_really(value, dict, list):
        return value
    if is_really(value, dict):
        items = {key: plain(item, depth + 1) for key, item in value.items()}
        same = type(value) is dict and all(items[key] is item for key, item in value.items())
        return value if same else items
    found = [plain(item, depth + 1) for item in value]
    is_same = type(value) is list and all(new is old for new, old in zip(found, value, strict=True))
    return value if is_same else found
