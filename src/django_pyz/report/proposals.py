"""Proposes services if a project's packages include a background worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django_pyz.files.selection import Selection
from django_pyz.options import TABLE, Options
from django_pyz.project.project import Project
from django_pyz_runtime.bundle.manifest import Manifest

_WORKERS = {
    "celery": "celery -A {package} worker",
    "django-rq": "rqworker default",
    "rq": "rq worker",
    "huey": "run_huey",
    "django-dramatiq": "rundramatiq",
    "dramatiq": "dramatiq {package}.tasks",
    "django-q2": "qcluster",
    "django-q": "qcluster",
    "procrastinate": "manage.py procrastinate worker",
}
"""Packages and the command of their worker; a package comes before its own dependency."""
_NEEDED = {"django-rq": "rq", "django-dramatiq": "dramatiq"}
_BEAT = "celery -A {package} beat"
_SCHEDULER = " --scheduler django_celery_beat.schedulers:DatabaseScheduler"
_SCHEDULE = (b"beat_schedule", b"BEAT_SCHEDULE")


def about_services(found: Project, selection: Selection, manifest: Manifest, options: Options) -> Iterator[str]:
    """A note with the lines to add for each package with a worker; none if the project declares services."""
    if options.services:
        return
    packages = {component["name"] for component in manifest.sbom["components"]}
    covered = {needed for name, needed in _NEEDED.items() if name in packages}
    there = [name for name in _WORKERS if name in packages and name not in covered]
    for name in there:
        package = _celery_package(selection.files) or found.settings_module.partition(".")[0]
        service = "worker" if name == there[0] else f"{name}-worker"
        lines = [f'{service} = "{_WORKERS[name].format(package=package)}"']
        if name == "celery" and (beat := _beat(found.root, selection.files, packages)):
            lines.append(f'beat = "{beat.format(package=package)}"')
        yield (
            f"{name} is installed: to run its worker as a unit, add {' and '.join(lines)} below "
            f"[tool.{TABLE}.services] in {found.root / 'pyproject.toml'}"
        )


def _beat(root: Path, files: tuple[Path, ...], packages: set[str]) -> str:
    """The command of the scheduler process, if the project has scheduled tasks; else ""."""
    if "django-celery-beat" in packages:
        return _BEAT + _SCHEDULER
    sources = (root / path for path in files if path.suffix == ".py")
    has_schedule = any(word in path.read_bytes() for path in sources if path.is_file() for word in _SCHEDULE)
    return _BEAT if has_schedule else ""


def _celery_package(files: tuple[Path, ...]) -> str:
    """The package with a module `celery`, as celery's documentation suggests; "" if none or several have one."""
    names = {path.parent.name for path in files if path.name == "celery.py" and path.parent.name}
    return names.pop() if len(names) == 1 else ""
