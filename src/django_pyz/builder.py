"""A build, step by step: the table of contents of this wing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from django_pyz import process
from django_pyz.files.paths import files_below
from django_pyz.options import Options
from django_pyz.pack import bytecode, output_file
from django_pyz.pack.build_cache import BuildCache, default_folder
from django_pyz.pack.write import Contents, write_bundle
from django_pyz.plan import Plan, make_plan
from django_pyz.python import Python
from django_pyz.report.notes import about_files, about_output, about_packages, about_project, about_translations
from django_pyz.report.progress import Progress
from django_pyz.report.proposals import about_services
from django_pyz.report.summary import Summary
from django_pyz.stage import build_folders, stage
from django_pyz.stage.scratch import scratch_folder
from django_pyz.stage.staged_project import StagedProject, throw_away_keys
from django_pyz.stage.trial_run import TrialRun, look_at_settings, naming_exclusions, try_out
from django_pyz_runtime.bundle.bytecode_finder import BYTECODE
from django_pyz_runtime.bundle.manifest import STATIC_FOLDER, Manifest
from django_pyz_runtime.bundle.names import PROJECT_FOLDER, SITE_PACKAGES


def build(root: Path, output: Path | None, choose: Callable[[Options], Options], progress: Progress) -> Summary:
    """Build a project into one executable file, which appears whole or not at all.

    Args:
        root: the folder with manage.py, or one above it.
        output: the file to write; default dist/SCRIPT.pyz in the current folder.
        choose: changes the options from the project's pyproject.toml.
        progress: shows each step.

    Raises:
        UserError: the project cannot be built, for a reason outside our code.
    """
    cache = BuildCache(default_folder())
    with scratch_folder() as scratch:
        with progress.step("Looking at the project"):
            plan = make_plan(root, output, choose)
            notes = [
                *about_project(plan.found, plan.selection, plan.options),
                *about_output(plan.output, plan.found.name),
            ]
        with progress.step("Installing the dependencies", lambda: _count_packages(scratch)):
            folders = build_folders.install(plan, scratch)
            notes += [*folders.patch_releases.notes, *build_folders.install_project(plan.found, folders)]
        if plan.options.build_commands:
            with progress.step("Running the build commands"):
                plan = build_folders.with_build_commands(plan, folders)
        with progress.step(f"Copying {len(plan.selection.files):,} files of the project"):
            notes += [*about_translations(plan.selection), *about_files(plan.selection)]
            catalogs = stage.drop_catalog_sources(folders.installed, plan.options.include)
            manifest = build_folders.fill(plan, folders)
            notes += about_packages(manifest)
            notes += about_services(plan.found, plan.selection, manifest, plan.options)
        with progress.step("Compiling"):
            compiled = bytecode.compile_tree(plan.python, folders.site_packages, scratch, cache)
        staged = _staged_project(plan, folders, manifest, compiled)
        trial_run = TrialRun(manifest)
        if plan.options.collectstatic:
            collecting = progress.step("Collecting the static files", lambda: _count_static(folders.site_packages))
            with collecting, naming_exclusions(plan):
                trial_run = try_out(staged, manifest, plan, folders.copy)
                if trial_run.changes_code:
                    compiled = bytecode.compile_tree(plan.python, folders.site_packages, scratch, cache)
        else:
            with progress.step("Looking at the settings"):
                trial_run = look_at_settings(staged, manifest, folders.copy, plan.selection.exclusions)
        with progress.step("Writing the file"), output_file.appearing(plan.output) as file:
            stage.normalise_modes(folders.site_packages)
            contents = Contents(
                folders.site_packages, compiled, trial_run.manifest, plan.epoch, plan.options.compression, cache
            )
            build_id = write_bundle(contents, file, scratch)
            files = len(files_below(folders.site_packages))
            _start_once(file, plan.python, contents, build_id, scratch)
        cache.prune()
    exclusions = {**plan.selection.without(trial_run.brought_in).exclusions, **_left_out_of_packages(catalogs)}
    return Summary(plan, trial_run.manifest, files, [*notes, *trial_run.notes], exclusions)


def _left_out_of_packages(catalogs: int) -> dict[str, str]:
    return {f"{catalogs:,} .po files of packages": "the compiled .mo files are in"} if catalogs else {}


def _staged_project(
    plan: Plan, folders: build_folders.BuildFolders, manifest: Manifest, compiled: bytecode.Compiled
) -> StagedProject:
    """The tree with its bytecode and manifest, ready to run commands."""
    config = build_folders.build_config(plan, folders)
    variables = {**throw_away_keys(manifest), **plan.options.variables}
    site_packages, code = folders.site_packages, folders.scratch / "compiled"
    bytecode.write(compiled, files_below(site_packages), code / BYTECODE / compiled.cache_tag)
    home = _folder(folders.scratch / "home")
    requirements = plan.found.source.requirements
    staged = StagedProject(
        plan.python, site_packages, home, config, variables, requirements=requirements, bytecode=code
    )
    staged.write_manifest(manifest)
    return staged


def _start_once(file: Path, python: Python, contents: Contents, build_id: str, scratch: Path) -> None:
    """Start the file once, with its own cache folder: a file that does not start does not count as built.

    The staged tree takes the place of the unpacked one. They were already compared, and unpacking, syncing and
    removing thousands of files would take longer than the rest of the start.
    """
    folder = _folder(scratch / "first-start")
    tree = _folder(folder / build_id)
    (contents.site_packages / PROJECT_FOLDER).rename(tree / PROJECT_FOLDER)
    contents.site_packages.rename(tree / SITE_PACKAGES)
    (scratch / BYTECODE).rename(tree / BYTECODE)
    # A bundle's configuration on this machine must not decide whether the file starts.
    configuring = (contents.manifest.env_prefix, "DJANGO_SETTINGS_MODULE", "CREDENTIALS_DIRECTORY")
    places = {name: str(folder) for name in ("HOME", "CACHE_DIRECTORY", "STATE_DIRECTORY")}
    environment = process.clean_environment(*configuring, **places)
    process.run([python.executable, file, "pyz", "info"], "start the file", env=environment)


def _count_packages(scratch: Path) -> str:
    return f"{len([*scratch.glob('venv*/lib/python*/site-packages/*.dist-info')]):,} packages"


def _count_static(site_packages: Path) -> str:
    return f"{sum(len(names) for _, _, names in os.walk(site_packages / STATIC_FOLDER)):,} files"


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
