"""A build, step by step; the table of contents of this wing."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from django_pyz import advice, bundle, bytecode, output_file, process, stage, static_files, trial
from django_pyz.dependencies import Python
from django_pyz.errors import BuildError
from django_pyz.options import Options
from django_pyz.plan import Plan
from django_pyz.plan import make as make_plan
from django_pyz.report import Progress, Summary
from django_pyz.staged_project import StagedProject, throw_away_keys
from django_pyz.workshop import Workshop, fill, install, install_project, with_build_commands
from django_pyz_runtime.manifest import Manifest


def build(root: Path, output: Path | None, choose: Callable[[Options], Options], progress: Progress) -> Summary:
    """Build a project into one executable file, which appears whole or not at all.

    Args:
        root: the folder with manage.py, or one above it.
        output: the file to write; default dist/SCRIPT.pyz in the current folder.
        choose: changes the options that the project's pyproject.toml gives.
        progress: is told of each step.

    Raises:
        BuildError: something outside our code keeps it from being built.
    """
    with _scratch_folder() as scratch:
        with progress.step("Looking at the project"):
            plan = make_plan(root, output, choose)
            notes = list(advice.notes(plan.found, plan.selection, plan.options))
            brought: list[str] = []
        with progress.step("Installing the dependencies"):
            workshop, installed = install(plan, scratch)
            notes += install_project(plan.found, workshop)
        if plan.options.build_commands:
            with progress.step("Running the build commands"):
                plan = with_build_commands(plan, workshop)
        with progress.step(f"Copying {len(plan.selection.files):,} files of the project"):
            manifest = fill(plan, workshop, installed)
            notes += advice.about_packages(manifest)
        staged = _staged(plan, workshop, manifest)
        if plan.options.collectstatic:
            with progress.step("Collecting the static files"):
                manifest, said, brought = _try_out(staged, plan, workshop, manifest)
                notes += said
                staged.write_manifest(manifest)
        with progress.step("Compiling"):
            compiled = bytecode.compile_tree(plan.python, workshop.site_packages, scratch)
            stage.normalise_modes(workshop.site_packages)
        with progress.step("Writing the file"), output_file.appearing(plan.output) as temporary:
            contents = bundle.Contents(workshop.site_packages, compiled, manifest, plan.epoch)
            bundle.write(contents, temporary, scratch)
            _start_once(temporary, plan.python, manifest, scratch)
        files = sum(1 for _ in stage.walk(workshop.site_packages))
        left_out = plan.selection.without(brought).left_out
        source = plan.found.source.files[0]
        return Summary(plan.output, plan.python.executable, manifest, files, notes, source, left_out)


def _staged(plan: Plan, workshop: Workshop, manifest: Manifest) -> StagedProject:
    """The tree at work, with what the project wants of a build."""
    config = None
    if wanted := plan.options.build_config:
        config = workshop.copy / wanted
        if not config.is_file():
            raise BuildError(f"build-config: {wanted}: found no such file in the project")
        config.chmod(0o600)
    variables = {**throw_away_keys(manifest), **plan.options.variables}
    home = _folder(workshop.scratch / "home")
    staged = StagedProject(plan.python, workshop.site_packages, home, manifest.env_prefix, config, variables)
    staged.write_manifest(manifest)
    return staged


def _try_out(
    staged: StagedProject, plan: Plan, workshop: Workshop, manifest: Manifest
) -> tuple[Manifest, list[str], list[str]]:
    """Import the settings, collect the static files, and undo what the project wrote beside its code meanwhile.

    Returns:
        The manifest with what is so from now on, notes for the report, and folders that came in after all.
    """
    before = trial.state(staged.site_packages)
    facts = staged.facts()
    made = trial.undo(staged, before, workshop.copy)
    brought = trial.add_read(staged, facts.reads, plan.options, workshop.copy, plan.found.root)
    notes = [f"brought in {name}, as the settings read it" for name in brought]
    before = trial.state(staged.site_packages)
    with trial.packages_at_hand(staged, workshop.copy):
        manifest, said = static_files.add_static_files(staged, manifest, facts)
    # What collecting makes where it collects from is no data.
    made += [path for path in trial.undo(staged, before, workshop.copy) if not _is_read(staged, facts.reads, path)]
    new = [path for path in dict.fromkeys(made) if not path.startswith(manifest.data_paths)]
    notes += [f"{path} is written beside the code: it becomes a link to the data folder" for path in new]
    return replace(manifest, data_paths=tuple(sorted({*manifest.data_paths, *new}))), [*notes, *said], brought


def _is_read(staged: StagedProject, reads: list[str], path: str) -> bool:
    return any((staged.project_folder / path).is_relative_to(folder) for folder in reads)


@contextlib.contextmanager
def _scratch_folder() -> Iterator[Path]:
    """A folder for the steps of one build."""
    with tempfile.TemporaryDirectory(prefix="django-pyz-") as folder:
        yield Path(folder).resolve()


def _start_once(file: Path, python: Python, manifest: Manifest, scratch: Path) -> None:
    """Start the file in a place of its own; a file that does not start is not called built."""
    folder = str(_folder(scratch / "first-start"))
    # What configures a bundle on the builder's machine has no say in what is built.
    configuring = (manifest.env_prefix, "DJANGO_SETTINGS_MODULE", "CREDENTIALS_DIRECTORY")
    environment = process.clean_environment(*configuring, HOME=folder, CACHE_DIRECTORY=folder, STATE_DIRECTORY=folder)
    process.run([python.executable, file, "pyz", "info"], "start the file", env=environment)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
