"""Notes for the report on what a project may still need, from its files and packages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

from django_pyz.dependencies import installed
from django_pyz.files.links import ODDITIES
from django_pyz.files.rules import NO_TEXT, UNREADABLE
from django_pyz.files.selection import DELETED, EMPTY_SUBMODULE, Selection
from django_pyz.options import Options
from django_pyz.pack import output_file
from django_pyz.project import front_end
from django_pyz.project.project import Project
from django_pyz_runtime.bundle.manifest import Manifest

_OLDEST_DJANGO = "4.2"
_NAMED = 8
_CATALOGS = ("django.po", "djangojs.po")
"""Django reads these catalogs once compiled; other .po files belong to documentation."""
_NEXT_STEPS = {EMPTY_SUBMODULE: " (`git submodule update --init` fetches it)"}


def about_project(found: Project, selection: Selection, options: Options) -> Iterator[str]:
    """Notes on the files of a project."""
    yield from found.notes
    if not found.is_named:
        yield (
            f"the name in /etc/{found.name} and /var/lib/{found.name} is the folder's: to keep it in other "
            f'checkouts, add name = "{found.name}" below [tool.django-pyz] in {found.root / "pyproject.toml"}'
        )
    if found.source.kind == installed.KIND:
        environment = found.source.files[0]
        yield (
            f"no list of dependencies was found, so the versions are those installed in {environment}: to keep "
            f"them, run `{installed.keep_list(environment)}` in {found.folder}"
        )
    if not options.build_commands:
        for step in front_end.steps(found.root, selection.files, found.folder):
            yield (
                f"{step.source} has a front-end step, which was not run: if the site needs it, give "
                f'--build-commands "{step.command}"'
            )


def about_translations(selection: Selection) -> Iterator[str]:
    """A note on translations that Django would use if they were compiled. Build commands have run before."""
    compiled = {path.with_suffix("") for path in selection.files if path.suffix == ".mo"}
    sources = [path for path in selection.files if path.name in _CATALOGS]
    if lacking := [path for path in sources if path.with_suffix("") not in compiled]:
        yield (
            f"{len(lacking)} translations are not compiled, as {lacking[0]}: commit the .mo files, or give "
            '--build-commands "django-admin compilemessages"'
        )


def about_files(selection: Selection) -> Iterator[str]:
    """Notes on files that may be missed because they cannot be packed."""
    for reason in dict.fromkeys((*ODDITIES, NO_TEXT, UNREADABLE, DELETED, EMPTY_SUBMODULE)):
        found = sorted(name for name, why in selection.exclusions.items() if why == reason)
        more = f", and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        if found:
            yield f"left out {', '.join(found[:_NAMED])}{more}: {reason}{_NEXT_STEPS.get(reason, '')}"


def about_output(output: Path, name: str) -> Iterator[str]:
    """A note if the file to be replaced has another name, and so other data."""
    if (before := output_file.project_in(output)) and before != name:
        yield (
            f"{output.name} was named {before!r} before, and is {name!r} now: its configuration and data are in "
            f"/etc/{before} and /var/lib/{before}; --name {before} keeps them"
        )


def about_packages(manifest: Manifest) -> Iterator[str]:
    """Notes on the installed packages."""
    versions = {component["name"]: component["version"] for component in manifest.sbom["components"]}
    if Version(versions["django"]) < Version(_OLDEST_DJANGO):
        found, wanted = versions["django"], _OLDEST_DJANGO
        yield f"Django {found}: bundles are made for {wanted} and newer; static files keep their names"
