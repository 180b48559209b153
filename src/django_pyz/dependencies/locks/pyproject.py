"""pyproject.toml as a place for dependencies: [project], [dependency-groups] and [tool.poetry]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from packaging.dependency_groups import resolve_dependency_groups
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from django_pyz.dependencies.locks import uv_lock
from django_pyz.dependencies.locks.poetry_dependencies import Dependency, from_table
from django_pyz.dependencies.locks.wanted import Request, Wanted, check_known, index_lines, line, with_extras
from django_pyz.options import Options
from django_pyz.toml_files import read_toml
from django_pyz_runtime.errors import UserError

_MAIN_GROUPS = ("main", "prod", "production", "default", "base", "core", "app")


def read(request: Request) -> Wanted:
    """The dependencies, with the extras and groups that were asked for.

    Raises:
        UserError: they cannot be read, or an extra or group is not there.
    """
    content = read_toml(request.file)
    if "sources" in content.get("tool", {}).get("uv", {}):
        # Where they come from stands in words that uv alone knows.
        check_names(request.file, content, request.options)
        return uv_lock.export(request)
    if is_dynamic(content):
        own = with_extras(str(request.folder), request.options.extras)
        return Wanted((line(own), *_groups(request.file, content, request.options)))
    sources = content.get("tool", {}).get("poetry", {}).get("source", [])
    options = request.options if has_main(content) else _with_main_group(request.file, content, request.options)
    lines = (*main_lines(request.file, content), *chosen(request.file, options))
    return Wanted(lines, poetry_indexes(sources))


def has_main(content: Mapping[str, Any]) -> bool:
    """Whether there is a list of what the project always needs."""
    poetry = content.get("tool", {}).get("poetry", {})
    return "dependencies" in content.get("project", {}) or "dependencies" in poetry


def _with_main_group(path: Path, content: Mapping[str, Any], options: Options) -> Options:
    """Some projects that are no packages have nothing but groups, with what they always need in one of them."""
    names = list(content.get("dependency-groups", {}))
    main = [name for name in names if name.lower() in _MAIN_GROUPS]
    if options.groups:
        return options
    if len(main) == 1:
        return replace(options, groups=(main[0],))
    raise UserError(f"{path}: wanted dependencies, found only groups: {', '.join(names)}", hint="Give --groups NAME.")


def is_dynamic(content: Mapping[str, Any]) -> bool:
    """Whether only the project's build knows its dependencies."""
    return "dependencies" in content.get("project", {}).get("dynamic", ())


def main_lines(path: Path, content: Mapping[str, Any]) -> tuple[str, ...]:
    """What the project always needs."""
    if "dependencies" in content.get("project", {}):
        return tuple(content["project"]["dependencies"])
    table = content.get("tool", {}).get("poetry", {}).get("dependencies", {})
    return tuple(item.as_line(path.parent) for item in from_table(table) if not item.is_optional)


def chosen(path: Path, options: Options) -> tuple[str, ...]:
    """What the extras and groups that were asked for need.

    Raises:
        UserError: one is not there.
    """
    content = read_toml(path)
    check_names(path, content, options)
    return (*_extras(path, content, options.extras), *_groups(path, content, options))


def check_names(path: Path, content: Mapping[str, Any], options: Options) -> None:
    """Check that the extras and groups that were asked for are there.

    Raises:
        UserError: one is not.
    """
    poetry = content.get("tool", {}).get("poetry", {})
    extras = [*content.get("project", {}).get("optional-dependencies", {}), *poetry.get("extras", {})]
    check_known("extra", options.extras, extras, path)
    check_known("group", options.groups, [*content.get("dependency-groups", {}), *poetry_groups(content)], path)


def poetry_groups(content: Mapping[str, Any]) -> dict[str, list[Dependency]]:
    """The groups in poetry's own tables, the one that older versions had included."""
    poetry = content.get("tool", {}).get("poetry", {})
    tables = {name: group.get("dependencies", {}) for name, group in poetry.get("group", {}).items()}
    if "dev-dependencies" in poetry:
        tables["dev"] = {**poetry["dev-dependencies"], **tables.get("dev", {})}
    return {name: list(from_table(table)) for name, table in tables.items()}


def poetry_indexes(sources: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Option lines for poetry's sources: one that is the default, or primary, stands in the place of PyPI."""
    urls = [item["url"] for item in sources if item.get("url")]
    first = [item["url"] for item in sources if item.get("default") or item.get("priority") == "default"]
    return index_lines([*(first or ["https://pypi.org/simple"]), *urls])


def _extras(path: Path, content: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    project = content.get("project", {})
    listed = {canonicalize_name(name): items for name, items in project.get("optional-dependencies", {}).items()}
    own = canonicalize_name(project.get("name", ""))
    poetry = content.get("tool", {}).get("poetry", {})
    optional = {canonicalize_name(item.name): item for item in from_table(poetry.get("dependencies", {}))}
    by_poetry = {canonicalize_name(name): items for name, items in poetry.get("extras", {}).items()}
    lines: list[str] = []
    waiting = [canonicalize_name(name) for name in names]
    done: set[str] = set()
    while waiting:
        name = waiting.pop(0)
        if name in done:
            continue
        done.add(name)
        for text in listed.get(name, ()):
            requirement = _parse(path, text)
            if canonicalize_name(requirement.name) == own:
                # An extra that is made of others says so by requiring the project itself.
                waiting += [canonicalize_name(extra) for extra in sorted(requirement.extras)]
            else:
                lines.append(text)
        lines += [optional[canonicalize_name(item)].as_line(path.parent) for item in by_poetry.get(name, ())]
    return lines


def _parse(path: Path, text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise UserError(f"{path}: wanted a requirement, found {text!r} ({error})") from None


def _groups(path: Path, content: Mapping[str, Any], options: Options) -> list[str]:
    by_poetry = {canonicalize_name(name): items for name, items in poetry_groups(content).items()}
    standard = content.get("dependency-groups", {})
    known = {canonicalize_name(name) for name in standard}
    lines: list[str] = []
    for name in map(canonicalize_name, options.groups):
        if name in known:
            lines += _standard_group(path, standard, name)
        lines += [item.as_line(path.parent) for item in by_poetry.get(name, ())]
    return lines


def _standard_group(path: Path, groups: Mapping[str, Any], name: str) -> tuple[str, ...]:
    try:
        return resolve_dependency_groups(groups, name)
    except (ExceptionGroup, ValueError, TypeError, LookupError) as error:
        raise UserError(f"{path}: [dependency-groups] {name}: {error}") from None
