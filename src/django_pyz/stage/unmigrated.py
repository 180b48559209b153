"""Notes for the report on apps with models but no migrations."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from django_pyz import process
from django_pyz.stage.staged_project import Facts, StagedProject
from django_pyz_runtime.errors import UserError


def look(staged: StagedProject, script: str, facts: Facts, exclusions: Mapping[str, str]) -> list[str]:
    """Load the apps, if no other step of the build does, and report those without migrations.

    Args:
        staged: the tree.
        script: the name of the file's command.
        facts: about the settings.
        exclusions: the project's excluded files, to reasons.
    """
    drivers = {**facts.driverless, **dict.fromkeys(facts.uncertain, "")}
    settings = replace(facts, driverless=drivers).stand_ins
    try:
        found = replace(staged, settings=settings).unmigrated()
    except UserError as error:
        return [f"apps without migrations are not named, as the apps cannot be loaded here: {process.reason_of(error)}"]
    return list(about(staged, script, found, exclusions))


def about(
    staged: StagedProject, script: str, unmigrated: Mapping[str, str], exclusions: Mapping[str, str]
) -> Iterator[str]:
    """A note on each app.

    Args:
        staged: the tree.
        script: the name of the file's command.
        unmigrated: the apps, to their folders in the project or the tree.
        exclusions: the project's excluded files, to reasons.
    """
    for app, folder in unmigrated.items():
        is_own = (staged.project_folder / folder).is_dir()
        cure = f"`manage.py makemigrations {app}` writes them" if is_own else f"`{script} migrate --run-syncdb` does"
        yield _note(app, folder, exclusions, cure)


def _note(app: str, folder: str, exclusions: Mapping[str, str], cure: str) -> str:
    said = f"the app {app} has models but no migrations, so `migrate` creates no tables for it: "
    inside = f"{folder}/migrations/"
    places = (inside, *(f"{parent}/" for parent in Path(inside).parents))
    left = [name for name in exclusions if name in places or (name.startswith(inside) and name.endswith(".py"))]
    if left:
        option = shlex.join(["--include", f"{inside}*.py"])
        return f"{said}{left[0]} was left out ({exclusions[left[0]]}), {option} adds such files"
    return said + cure
