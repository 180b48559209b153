"""The environment variables that a project's settings read, found in their source; nothing of the project is run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django_pyz.variables.settings_source import modules
from django_pyz.variables.source_statements import Statements
from django_pyz.variables.variable_readings import Reading
from django_pyz_runtime.bundle.manifest import Variable

_WIDTH = 80
_OURS = {"DJANGO_SETTINGS_MODULE"}


def read(settings_module: str, import_roots: Sequence[Path], root: Path) -> tuple[Variable, ...]:
    """The environment variables that the settings read, sorted by name.

    Args:
        settings_module: its dotted name.
        import_roots: the folders that the project's own modules are imported from.
        root: the project's folder, which the places are relative to.
    """
    statements = Statements(dict(modules(settings_module, import_roots)), settings_module)
    statements.modules.read(settings_module)
    statements.read_uncalled()
    found: dict[str, list[Reading]] = {}
    for reading in statements.expressions.found.readings:
        if reading.name.isprintable() and reading.name and reading.name not in _OURS:
            found.setdefault(reading.name, []).append(reading)
    return tuple(_variable(name, found[name], root) for name in sorted(found))


def _variable(name: str, readings: list[Reading], root: Path) -> Variable:
    """What several places that read one variable say together: it must be set if one of them insists."""
    required = [item for item in readings if item.default is None]
    is_given = any(item.default not in {None, "None"} for item in readings)
    telling = [item for item in readings if item.default not in {None, "None"}] if is_given else readings
    first = (required or telling)[0]
    default = None if required else first.default
    path, line = first.place
    where = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    kinds = [item.kind for item in (first, *readings) if item.kind]
    kind = next((item for item in kinds if item != "text"), kinds[0] if kinds else "")
    return Variable(name, _shortened(default), kind, f"{where}:{line}")


def _shortened(source: str | None) -> str | None:
    if source is None or len(source) <= _WIDTH:
        return source
    return source[: _WIDTH - 3] + "..."
