"""The environment variables that a project's settings read: as an import shows them, and as their source names them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from django_pyz.variables import literals, settings_source
from django_pyz.variables.reading import NOTHING, Reading
from django_pyz_runtime.bundle.manifest import Variable

_OTHERS = {"DJANGO_SETTINGS_MODULE", "DJANGO_CONFIGURATION"}
_OTHERS |= {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "LANG", "TMPDIR"}
"""What we set, and what a machine does: nothing for an operator."""


def named(settings_module: str, import_roots: Sequence[Path], root: Path) -> tuple[Variable, ...]:
    """The variables that the settings' source names, sorted by name; nothing of the project is run.

    Args:
        settings_module: its dotted name.
        import_roots: the folders that the project's own modules are imported from.
        root: the project's folder, which the places are relative to.
    """
    return _by_name(literals.look(settings_source.modules(settings_module, import_roots), root))


def imported(
    named: Iterable[Variable], readings: Sequence[Reading], given: Collection[str], is_needed: Callable[[str], bool]
) -> tuple[Variable, ...]:
    """The variables after an import of the settings: those that it read, and others that the source names.

    Args:
        named: those that the source names.
        readings: what the import read.
        given: names of the variables that were set.
        is_needed: whether an import fails without a variable; asked of those that were set where nothing else says it.
    """
    found = _together(named, readings, are_needed=False)
    unclear = [item for item in found if item.name in given and item.default in NOTHING and not item.condition]
    needed = {item.name for item in unclear if not item.is_required and is_needed(item.name)}
    return tuple(_required(item) if item.name in needed else item for item in found)


def broken_off(named: Iterable[Variable], readings: Sequence[Reading], missed: str) -> tuple[Variable, ...]:
    """The variables after an import of the settings that has failed: what the source names counts for the rest.

    Args:
        named: those that the source names.
        readings: what the import had read.
        missed: the variable for want of which it failed; "" for none.
    """
    found = _together(named, readings, are_needed=True)
    return tuple(_required(item) if item.name == missed else item for item in found)


def _together(named: Iterable[Variable], readings: Sequence[Reading], *, are_needed: bool) -> list[Variable]:
    by_name = {item.name: item for item in named}
    places = {item.where for item in readings}
    recorded = [_completed(item, by_name.get(item.name, item)) for item in _by_name(readings)]
    names = {item.name for item in recorded}
    # Where the import came by, the name that it asked for may be another one, as with a prefix.
    others = [item for item in by_name.values() if item.name not in names and item.where not in places]
    others = [item._replace(is_required=item.is_required and are_needed) for item in others]
    return sorted([*recorded, *others], key=lambda item: item.name)


def _completed(recorded: Variable, named: Variable) -> Variable:
    """What was recorded, with a default and a kind that stand where the import did not come by."""
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
    """What several places that read one variable say together: it must be set if one of them insists."""
    insisting = [item for item in readings if item.is_certain]
    telling = [item for item in readings if item.default not in NOTHING]
    asking = [item for item in readings if item.default is not None]
    first = (insisting or telling or asking or readings)[0]
    kinds = [item.kind for item in (first, *readings) if item.kind]
    kind = next((item for item in kinds if item != "text"), kinds[0] if kinds else "")
    condition = first.condition if all(item.condition for item in readings) else ""
    return Variable(first.name, first.default, kind, first.where, bool(insisting), condition)
