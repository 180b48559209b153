"""Reads dependencies from pyproject.toml: [project], [dependency-groups] and [tool.poetry]."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from packaging.dependency_groups import resolve_dependency_groups
from packaging.utils import canonicalize_name

from django_pyz.dependencies.locks import uv_lock
from django_pyz.dependencies.locks.poetry_dependencies import from_table, poetry_groups, poetry_indexes
from django_pyz.dependencies.locks.wanted import Request, Wanted, by_name, check_known, parse_requirement, with_extras
from django_pyz.options import Options
from django_pyz.toml_files import Pyproject
from django_pyz_runtime.errors import UserError

_MAIN_GROUPS = ("main", "prod", "production", "default", "base", "core", "app")


def read(request: Request) -> Wanted:
    """The dependencies, with the requested extras and groups.

    Raises:
        UserError: they cannot be read, or an extra or group does not exist.
    """
    pyproject, options = Pyproject(request.file), request.options
    if "sources" in pyproject.uv:
        # Only uv understands these sources.
        check_names(pyproject, options)
        return uv_lock.export(request)
    if is_dynamic(pyproject):
        return Wanted((with_extras(str(request.folder), options.extras), *_groups(pyproject, options.groups)))
    if not has_main(pyproject):
        options = _with_main_group(pyproject, options)
    return Wanted((*_main(pyproject), *chosen(pyproject, options)), poetry_indexes(pyproject))


def has_main(pyproject: Pyproject) -> bool:
    """Whether there is a list of mandatory dependencies."""
    return "dependencies" in pyproject.project or "dependencies" in pyproject.poetry


def is_dynamic(pyproject: Pyproject) -> bool:
    """Whether only the project's build knows its dependencies."""
    return "dependencies" in pyproject.project.get("dynamic", ())


def _with_main_group(pyproject: Pyproject, options: Options) -> Options:
    """Some projects that are not packages have only groups, one of which holds the mandatory dependencies."""
    main = [name for name in pyproject.groups if name.lower() in _MAIN_GROUPS]
    if options.groups:
        return options
    if len(main) == 1:
        return replace(options, groups=(main[0],))
    raise UserError(
        f"{pyproject.path}: wanted dependencies, found only groups: {', '.join(pyproject.groups)}",
        hint="Give --groups NAME.",
    )


def _main(pyproject: Pyproject) -> list[str]:
    """The mandatory dependencies."""
    if "dependencies" in pyproject.project:
        return list(pyproject.project["dependencies"])
    table = from_table(pyproject.poetry.get("dependencies", {}))
    return [item.as_line(pyproject.path.parent) for item in table if not item.is_optional]


def chosen(pyproject: Pyproject, options: Options) -> list[str]:
    """The dependencies of the requested extras and groups.

    Raises:
        UserError: one does not exist.
    """
    check_names(pyproject, options)
    return [*_extras(pyproject, options.extras), *_groups(pyproject, options.groups)]


def check_names(pyproject: Pyproject, options: Options) -> None:
    """Check that the requested extras and groups exist.

    Raises:
        UserError: one does not.
    """
    extras = {*pyproject.project.get("optional-dependencies", {}), *pyproject.poetry.get("extras", {})}
    check_known("extra", options.extras, extras, pyproject.path)
    check_known("group", options.groups, {*pyproject.groups, *poetry_groups(pyproject)}, pyproject.path)


def standard_group(pyproject: Pyproject, name: str) -> tuple[str, ...]:
    """The contents of a group of [dependency-groups], with the groups that it includes.

    Raises:
        UserError: it is not a valid group.
    """
    try:
        return resolve_dependency_groups(pyproject.groups, name)
    except (ExceptionGroup, ValueError, TypeError, LookupError) as error:
        reason = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
        raise UserError(f"{pyproject.path}: [dependency-groups] {name}: {reason}") from None


def _extras(pyproject: Pyproject, names: Iterable[str]) -> list[str]:
    listed = by_name(pyproject.project.get("optional-dependencies", {}))
    own = canonicalize_name(pyproject.project.get("name", ""))
    optional = {canonicalize_name(item.name): item for item in from_table(pyproject.poetry.get("dependencies", {}))}
    by_poetry = by_name(pyproject.poetry.get("extras", {}))
    lines: list[str] = []
    waiting = [canonicalize_name(name) for name in names]
    done: set[str] = set()
    while waiting:
        name = waiting.pop(0)
        if name in done:
            continue
        done.add(name)
        for text in listed.get(name, ()):
            requirement = parse_requirement(text, pyproject.path)
            if canonicalize_name(requirement.name) == own:
                # An extra combines others by requiring the project itself.
                waiting += [canonicalize_name(extra) for extra in sorted(requirement.extras)]
            else:
                lines.append(text)
        folder = pyproject.path.parent
        lines += [optional[canonicalize_name(item)].as_line(folder) for item in by_poetry.get(name, ())]
    return lines


def _groups(pyproject: Pyproject, names: Iterable[str]) -> list[str]:
    by_poetry, standard = by_name(poetry_groups(pyproject)), by_name(pyproject.groups)
    lines: list[str] = []
    for name in map(canonicalize_name, names):
        if name in standard:
            lines += standard_group(pyproject, name)
        lines += [item.as_line(pyproject.path.parent) for item in by_poetry.get(name, ())]
    return lines
