"""A build, step by step; the table of contents of this wing."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from django_pyz import (
    advice,
    bundle,
    bytecode,
    dependencies,
    output_file,
    own_package,
    process,
    programs,
    project,
    secret_scan,
    source_files,
    stage,
    static_files,
    trial,
    working_copy,
)
from django_pyz.description import describe
from django_pyz.errors import BuildError
from django_pyz.options import Options, read_table
from django_pyz.report import Progress, Summary
from django_pyz.staged_project import StagedProject, configuring, throw_away_keys
from django_pyz_runtime.manifest import PROJECT_FOLDER, Manifest


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
            options = choose(read_table(root / "pyproject.toml"))
            found = project.find(root, options)
            python = dependencies.find_python(options.python)
            selection = source_files.select(found.root, _without_data(options))
            secret_scan.check(found.root, selection.files, options.allow_secrets)
            epoch = bundle.source_date_epoch()
            output = (output or Path("dist") / f"{found.script}.pyz").absolute()
            output_file.check_writable(output)
        site_packages = scratch / "site-packages"
        notes = list(advice.notes(found, selection, options))
        with progress.step("Installing the dependencies"):
            copy = working_copy.make(found.root, (*selection.files, *selection.for_building), scratch / "source")
            if found.package or options.build_commands:
                working_copy.add_history(found.root, copy)
            with working_copy.told_as(found.root, copy):
                installed = dependencies.install(found.source, copy, options, python, scratch / "venv")
                notes += _install_project(found, copy, scratch / "venv")
        if options.build_commands:
            with progress.step("Running the build commands"):
                with working_copy.told_as(found.root, copy):
                    working_copy.run_commands(options.build_commands, copy, scratch / "venv" / "bin", options.variables)
                selection = source_files.add_made(selection, copy, options)
        with progress.step(f"Copying {len(selection.files):,} files of the project"):
            own = own_package.installed_from(copy, installed)
            stage.take_installed(installed, site_packages)
            stage.add_run_wing(site_packages)
            working_copy.copy_files(copy, selection.files, site_packages / PROJECT_FOLDER)
            _merge_own(found, own, site_packages)
        manifest = describe(found, options, python, selection, site_packages)
        programs.add_programs(scratch / "venv" / "bin", site_packages, manifest)
        staged = _staged(options, copy, python, site_packages, manifest, _folder(scratch / "home"))
        staged.write_manifest(manifest)
        if options.collectstatic:
            with progress.step("Collecting the static files"):
                manifest, said = _try_out(staged, manifest, copy, found.root)
                notes += said
                staged.write_manifest(manifest)
        with progress.step("Compiling"):
            compiled = bytecode.compile_tree(python, site_packages)
            stage.normalise_modes(site_packages)
        with progress.step("Writing the file"), output_file.appearing(output) as temporary:
            contents = bundle.Contents(site_packages, compiled, manifest, epoch)
            bundle.write(contents, temporary, scratch)
            _start_once(temporary, python, manifest, scratch)
        return Summary(output, python.executable, manifest, sum(1 for _ in stage.walk(site_packages)), notes)


def _without_data(options: Options) -> Options:
    return replace(options, exclude=(*options.exclude, *(path.rstrip("/") for path in options.data_paths)))


def _install_project(found: project.Project, copy: Path, environment: Path) -> list[str]:
    """Install the project itself where it is a package; a note where it cannot be, and is not needed as one."""
    if not found.package:
        return []
    try:
        own_package.install(copy / found.package.relative_to(found.root), environment / "bin" / "python")
    except BuildError as error:
        if found.needs_package:
            raise
        return [f"the project is not installed as a package: {str(error).splitlines()[-1].strip()}"]
    return []


def _merge_own(found: project.Project, own: list[Path], site_packages: Path) -> None:
    folder = site_packages / PROJECT_FOLDER
    roots = [folder / root.relative_to(found.root) for root in (*found.import_roots, *found.last_import_roots)]
    for metadata in own:
        own_package.merge(site_packages / metadata.name, roots)
    stage.normalise_metadata(site_packages)


def _staged(
    options: Options, copy: Path, python: dependencies.Python, site_packages: Path, manifest: Manifest, scratch: Path
) -> StagedProject:
    config = None
    if options.build_config:
        config = copy / options.build_config
        if not config.is_file():
            raise BuildError(f"build-config: {options.build_config}: found no such file in the project")
        config.chmod(0o600)
    given = {**throw_away_keys(manifest), **options.variables}
    return StagedProject(python, site_packages, scratch, manifest.env_prefix, config, given)


def _try_out(staged: StagedProject, manifest: Manifest, copy: Path, root: Path) -> tuple[Manifest, list[str]]:
    """Import the settings, collect the static files, and undo what the project wrote beside its code meanwhile."""
    before = trial.state(staged.site_packages)
    facts = staged.facts()
    made = trial.undo(staged, before, copy)
    notes = [f"brought in {name}, as the settings read it" for name in trial.add_read(staged, facts.reads, copy, root)]
    before = trial.state(staged.site_packages)
    manifest, said = static_files.add_static_files(staged, manifest, facts)
    made += trial.undo(staged, before, copy)
    notes += [f"{path} is written beside the code: it becomes a link to the data folder" for path in made]
    return replace(manifest, data_paths=tuple(sorted({*manifest.data_paths, *made}))), [*notes, *said]


@contextlib.contextmanager
def _scratch_folder() -> Iterator[Path]:
    """A folder for the steps of one build."""
    with tempfile.TemporaryDirectory(prefix="django-pyz-") as folder:
        yield Path(folder).resolve()


def _start_once(file: Path, python: dependencies.Python, manifest: Manifest, scratch: Path) -> None:
    """Start the file in a place of its own; a file that does not start is not called built."""
    folder = str(_folder(scratch / "first-start"))
    environment = process.clean_environment(
        *configuring(manifest.env_prefix), HOME=folder, CACHE_DIRECTORY=folder, STATE_DIRECTORY=folder
    )
    process.run([python.executable, file, "pyz", "info"], "start the file", env=environment)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
