"""poetry.lock, in the formats 1.0 to 2.1.

Since 2.1 each package names its groups and markers; before that, the wanted packages are found by a walk from the
dependencies in pyproject.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.utils import canonicalize_name

from django_pyz.dependencies.locks.constraints import allows
from django_pyz.dependencies.locks.poetry_dependencies import Dependency, from_requirement, from_table, poetry_groups
from django_pyz.dependencies.locks.pyproject import standard_group
from django_pyz.dependencies.locks.target import Target, target_of
from django_pyz.dependencies.locks.wanted import Request, Wanted, by_name, check_known, git_reference, line, locked
from django_pyz.options import Options
from django_pyz.toml_files import Pyproject, read_toml

Package = Mapping[str, Any]


def read(request: Request) -> Wanted:
    """The packages for the main group and the requested extras and groups.

    Raises:
        UserError: the file cannot be read, or lacks a requested extra or group.
    """
    lock = read_toml(request.file)
    project = Pyproject(request.pyproject)
    packages: list[Package] = lock.get("package", [])
    groups = {name for package in packages for name in package.get("groups", ())} - {"main"}
    groups |= {*poetry_groups(project), *project.groups}
    check_known("group", request.options.groups, groups, request.file)
    check_known("extra", request.options.extras, lock.get("extras", {}), request.file)
    target = target_of(request)
    if all("groups" in package for package in packages):
        chosen = _by_groups(packages, request, target)
    else:
        chosen = _by_walk(packages, lock, project, request, target)
    files = lock.get("metadata", {}).get("files", {})
    return locked((_index(package), _requirement(package, files, request)) for package in chosen)


def _index(package: Package) -> str:
    source = package.get("source", {})
    return str(source["url"]) if source.get("type") == "legacy" else ""


def _by_groups(packages: Iterable[Package], request: Request, target: Target) -> list[Package]:
    wanted = {"main", *map(canonicalize_name, request.options.groups)}
    return [package for package in packages if _is_in(package, wanted, target, request.options.extras)]


def _is_in(package: Package, wanted: set[str], target: Target, extras: Iterable[str]) -> bool:
    markers = package.get("markers", "")
    return any(
        target.fits(markers.get(group, "") if isinstance(markers, Mapping) else markers, extras)
        for group in package["groups"]
        if canonicalize_name(group) in wanted
    )


def _by_walk(
    packages: list[Package], lock: Mapping[str, Any], project: Pyproject, request: Request, target: Target
) -> list[Package]:
    listed = by_name(lock.get("extras", {}))
    asked = map(canonicalize_name, request.options.extras)
    optional = {canonicalize_name(_name(item)) for name in asked for item in listed.get(name, ())}
    roots = [*_roots(project, request.options)]
    if not roots:
        # Without pyproject.toml, only the packages' own entries are known.
        return [item for item in packages if item.get("category", "main") == "main" and not item.get("optional")]
    walk = _Walk(packages, target)
    for root in roots:
        if not root.is_optional or canonicalize_name(root.name) in optional:
            walk.follow(root, request.options.extras)
    return walk.found


def _roots(pyproject: Pyproject, options: Options) -> Iterator[Dependency]:
    """The direct dependencies in pyproject.toml."""
    if "dependencies" in pyproject.project:
        extras = by_name(pyproject.project.get("optional-dependencies", {}))
        texts = [*pyproject.project["dependencies"]]
        for name in map(canonicalize_name, options.extras):
            texts += extras.get(name, ())
    else:
        texts = []
        yield from from_table(pyproject.poetry.get("dependencies", {}))
    by_poetry, standard = by_name(poetry_groups(pyproject)), by_name(pyproject.groups)
    for name in map(canonicalize_name, options.groups):
        yield from by_poetry.get(name, ())
        texts += standard_group(pyproject, name) if name in standard else ()
    yield from (from_requirement(text, pyproject.path) for text in texts)


@dataclass
class _Walk:
    """A walk through a lock along the dependencies that apply to a Python."""

    packages: list[Package]
    target: Target
    found: list[Package] = field(default_factory=list)
    seen: set[tuple[str, str, str]] = field(default_factory=set)

    def follow(self, dependency: Dependency, extras: Iterable[str]) -> None:
        """Take the packages that a dependency leads to; the extras are those of the package that declares it."""
        if not self.target.fits(dependency.marker, extras):
            return
        for package in self._candidates(dependency):
            if package not in self.found:
                self.found.append(package)
            for extra in ("", *dependency.extras):
                self._enter(package, extra)

    def _candidates(self, dependency: Dependency) -> list[Package]:
        named = [
            item for item in self.packages if canonicalize_name(item["name"]) == canonicalize_name(dependency.name)
        ]
        fitting = [item for item in named if allows(item.get("python-versions", "*"), self.target.version)]
        if len(fitting) > 1:
            fitting = [item for item in fitting if allows(dependency.constraint, item["version"])]
        return fitting[:1] if fitting else named[:1]

    def _enter(self, package: Package, extra: str) -> None:
        key = (package["name"], package["version"], extra)
        if key in self.seen:
            return
        self.seen.add(key)
        extras = by_name(package.get("extras", {}))
        named = {canonicalize_name(_name(item)) for item in extras.get(canonicalize_name(extra), ())}
        for item in from_table(package.get("dependencies", {})):
            if canonicalize_name(item.name) in named if extra else not item.is_optional:
                self.follow(item, (extra,))


def _name(text: str) -> str:
    """The name in a requirement; in old locks the rest may no longer be valid."""
    return re.split(r"[^\w.-]", text.strip(), maxsplit=1)[0]


def _requirement(package: Package, files: Mapping[str, Any], request: Request) -> str:
    name, version = package["name"], package["version"]
    source = package.get("source", {})
    kind, url = source.get("type", ""), source.get("url", "")
    hashes = [item["hash"] for item in package.get("files") or files.get(name, ())]
    if kind == "git":
        revision = source.get("resolved_reference") or source.get("reference", "")
        return line(f"{name} @ {git_reference(url, revision, source.get('subdirectory', ''))}")
    if kind == "directory":
        return line(str((request.folder / url).resolve()))
    if kind == "file":
        return line(f"{name} @ {(request.folder / url).resolve().as_uri()}", hashes=hashes)
    if kind == "url":
        return line(f"{name} @ {url}", hashes=hashes)
    return line(f"{name}=={version}", hashes=hashes)
