"""Combines the environment variables that an import of the settings reads with those that their source names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from django_pyz.variables import literals, settings_source
from django_pyz.variables.reading import NOTHING, Reading
from django_pyz_runtime.bundle.manifest import Variable

_OTHERS = {"DJANGO_SETTINGS_MODULE", "DJANGO_CONFIGURATION"}
_OTHERS |= {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "LANG", "TMPDIR"}
"""Set by us or by the machine: not for an operator."""


def named(settings_module: str, import_roots: Sequence[Path], root: Path) -> tuple[Variable, ...]:
    """The variables that the settings' source names, sorted by name; the project is not run.

    Args:
        settings_module: its dotted name.
        import_roots: the folders of the project's own modules.
        root: the project's folder, which the places are relative to.
    """
    return _by_name(literals.look(settings_source.modules(settings_module, import_roots), root))


def imported(
    named: Iterable[Variable], readings: Sequence[Reading], given: Collection[str], is_needed: Callable[[str], bool]
) -> tuple[Variable, ...]:
    """The variables after an import of the settings: those that it read, and others from the source.

    Args:
        named: those from the source.
        readings: of the import.
        given: names of the variables that were set.
        is_needed: whether an import fails without a variable; called for set variables if nothing else shows it.
    """
    found = _together(named, readings, are_needed=False)
    unclear = [item for item in found if item.name in given and item.default in NOTHING and not item.condition]
    needed = {item.name for item in unclear if not item.is_required and is_needed(item.name)}
    return tuple(_required(item) if item.name in needed else item for item in found)


def broken_off(named: Iterable[Variable], readings: Sequence[Reading], missed: str) -> tuple[Variable, ...]:
    """The variables after a failed import of the settings, completed by those from the source.

    Args:
        named: those from the source.
        readings: of the import.
        missed: the missing variable that made it fail; "" if none.
    """
    found = _together(named, readings, are_needed=True)
    return tuple(_required(item) if item.name == missed else item for item in found)


def _together(named: Iterable[Variable], readings: Sequence[Reading], *, are_needed: bool) -> list[Variable]:
    by_name = {item.name: item for item in named}
    places = {item.where for item in readings}
    recorded = [_completed(item, by_name.get(item.name, item)) for item in _by_name(readings)]
    names = {item.name for item in recorded}
    # Where the import read a variable, its name may differ from the source, for example by a prefix.
    others = [item for item in by_name.values() if item.name not in names and item.where not in places]
    others = [item._replace(is_required=item.is_required and are_needed) for item in others]
    return sorted([*recorded, *others], key=lambda item: item.name)


def _completed(recorded: Variable, named: Variable) -> Variable:
    """A recorded variable, with default and kind taken from places that the import did not execute."""
    is_bare = recorded.default in NOTHING and not recorded.is_required and named.default is not None
    default = named.default if is_bare else recorded.default
    return recorded._replace(default=default, kind=recorded.kind or named.kind)


def _required(item: Variable) -> Variable:
    return item._replace(default=None, is_required=True, condition="")


def _by_name(readings: Iterable[Reading]) -> tuple[Variable, ...]:
    found: dict[str, list[Reading]] = {}
    for item in readings:
        if item.name.isprintable() and item.name not in _OTHERS:
            found.setdefault(item.name, []).append(item)
    return tuple(_variable(found[name]) for name in sorted(found))


def _variable(readings: list[Reading]) -> Variable:
    """One variable from several readings: it is required if one of them requires it."""
    insisting = [item for item in readings if item.is_certain]
    telling = [item for item in readings if item.default not in NOTHING]
    asking = [item for item in readings if item.default is not None]
    first = (insisting or telling or asking or readings)[0]
    kinds = [item.kind for item in (first, *readings) if item.kind]
    kind = next((item for item in kinds if item != "text"), kinds[0] if kinds else "")
    condition = first.condition if all(item.condition for item in readings) else ""
    return Variable(first.name, first.default, kind, first.where, bool(insisting), condition)
