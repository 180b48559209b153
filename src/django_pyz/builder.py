"""A build, step by step; the table of contents of this wing."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from django_pyz import process
from django_pyz.files.paths import files_below
from django_pyz.notes import about_packages, about_project
from django_pyz.options import Options
from django_pyz.pack import bytecode, output_file
from django_pyz.pack.build_cache import BuildCache, default_folder
from django_pyz.pack.write import Contents, write_bundle
from django_pyz.plan import Plan
from django_pyz.plan import make as make_plan
from django_pyz.python import Python
from django_pyz.report import Progress, Summary
from django_pyz.stage import stage, static_files, trial_run
from django_pyz.stage.build_folders import Workshop, fill, install, install_project, with_build_commands
from django_pyz.stage.staged_project import StagedProject, throw_away_keys
from django_pyz_runtime.bundle.bytecode_finder import BYTECODE
from django_pyz_runtime.bundle.container import SITE_PACKAGES
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.errors import UserError


def build(root: Path, output: Path | None, choose: Callable[[Options], Options], progress: Progress) -> Summary:
    """Build a project into one executable file, which appears whole or not at all.

    Args:
        root: the folder with manage.py, or one above it.
        output: the file to write; default dist/SCRIPT.pyz in the current folder.
        choose: changes the options that the project's pyproject.toml gives.
        progress: is told of each step.

    Raises:
        UserError: something outside our code keeps it from being built.
    """
    cache = BuildCache(default_folder())
    with _scratch_folder() as scratch:
        with progress.step("Looking at the project"):
            plan = make_plan(root, output, choose)
            notes = list(about_project(plan.found, plan.selection, plan.options))
            brought: list[str] = []
        with progress.step("Installing the dependencies"):
            workshop, installed = install(plan, scratch)
            notes += install_project(plan.found, workshop)
        if plan.options.build_commands:
            with progress.step("Running the build commands"):
                plan = with_build_commands(plan, workshop)
        with progress.step(f"Copying {len(plan.selection.files):,} files of the project"):
            notes += stage.drop_catalog_sources(installed, plan.options.include)
            manifest = fill(plan, workshop, installed)
            notes += about_packages(manifest)
        with progress.step("Compiling"):
            compiled = bytecode.compile_tree(plan.python, workshop.site_packages, scratch, cache)
        staged = _staged(plan, workshop, manifest, compiled)
        if plan.options.collectstatic:
            with progress.step("Collecting the static files"):
                manifest, said, brought, changes_code = _try_out(staged, plan, workshop, manifest)
                notes += said
                staged.write_manifest(manifest)
                if changes_code:
                    compiled = bytecode.compile_tree(plan.python, workshop.site_packages, scratch, cache)
        stage.normalise_modes(workshop.site_packages)
        with progress.step("Writing the file"), output_file.appearing(plan.output) as temporary:
            contents = Contents(workshop.site_packages, compiled, manifest, plan.epoch, plan.options.compression, cache)
            identity = write_bundle(contents, temporary, scratch)
            files = len(files_below(workshop.site_packages))
            _start_once(temporary, plan.python, contents, identity, scratch)
        cache.prune()
        left_out = plan.selection.without(brought).left_out
        source = plan.found.source.files[0]
        return Summary(plan.output, plan.python.executable, manifest, files, notes, source, left_out)


def _staged(plan: Plan, workshop: Workshop, manifest: Manifest, compiled: bytecode.Compiled) -> StagedProject:
    """The tree at work, with what the project wants of a build."""
    config = None
    if wanted := plan.options.build_config:
        config = workshop.copy / wanted
        if not config.is_file():
            raise UserError(f"build-config: {wanted}: found no such file in the project")
        config.chmod(0o600)
    variables = {**throw_away_keys(manifest), **plan.options.variables}
    site_packages, code = workshop.site_packages, workshop.scratch / "compiled"
    bytecode.write(compiled, files_below(site_packages), code / BYTECODE / compiled.cache_tag)
    home = _folder(workshop.scratch / "home")
    staged = StagedProject(plan.python, site_packages, home, manifest.env_prefix, config, variables, bytecode=code)
    staged.write_manifest(manifest)
    return staged


def _try_out(
    staged: StagedProject, plan: Plan, workshop: Workshop, manifest: Manifest
) -> tuple[Manifest, list[str], list[str], bool]:
    """Import the settings, collect the static files, and undo what the project wrote beside its code meanwhile.

    Returns:
        The manifest with what is so from now on, notes for the report, folders that came in after all, and whether
        there is code that was not there before.
    """
    start = trial_run.state(staged.site_packages)
    facts = staged.facts()
    made, before = trial_run.undo(staged, start, workshop.copy)
    brought = trial_run.add_read(staged, facts.reads, plan.options, workshop.copy, plan.found.root)
    notes = [f"brought in {name}, as the settings read it" for name in brought]
    before = trial_run.state(staged.site_packages) if brought else before
    with trial_run.packages_at_hand(staged, workshop.copy):
        manifest, said = static_files.add_static_files(staged, manifest, facts)
    more, end = trial_run.undo(staged, before, workshop.copy)
    # What collecting makes where it collects from is no data.
    made += [path for path in more if not _is_read(staged, facts.reads, path)]
    new = [path for path in dict.fromkeys(made) if not path.startswith(manifest.data_paths)]
    notes += [f"{path} is written beside the code: it becomes a link to the data folder" for path in new]
    manifest = replace(manifest, data_paths=tuple(sorted({*manifest.data_paths, *new})))
    return manifest, [*notes, *said], brought, trial_run.changes_code(start, end)


def _is_read(staged: StagedProject, reads: list[str], path: str) -> bool:
    return any((staged.project_folder / path).is_relative_to(folder) for folder in reads)


@contextlib.contextmanager
def _scratch_folder() -> Iterator[Path]:
    """A folder for the steps of one build."""
    with tempfile.TemporaryDirectory(prefix="django-pyz-") as folder:
        yield Path(folder).resolve()


def _start_once(file: Path, python: Python, contents: Contents, identity: str, scratch: Path) -> None:
    """Start the file in a place of its own; a file that does not start is not called built.

    It finds the staged tree where its own would be: that the two are the same has been checked, and to unpack, sync and
    remove thousands of files takes longer than all the rest of it.
    """
    folder = _folder(scratch / "first-start")
    tree = _folder(folder / identity)
    contents.site_packages.rename(tree / SITE_PACKAGES)
    (scratch / BYTECODE).rename(tree / BYTECODE)
    # What configures a bundle on the builder's machine has no say in what is built.
    configuring = (contents.manifest.env_prefix, "DJANGO_SETTINGS_MODULE", "CREDENTIALS_DIRECTORY")
    places = {name: str(folder) for name in ("HOME", "CACHE_DIRECTORY", "STATE_DIRECTORY")}
    environment = process.clean_environment(*configuring, **places)
    process.run([python.executable, file, "pyz", "info"], "start the file", env=environment)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
