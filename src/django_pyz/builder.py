"""A build, step by step; the table of contents of this wing."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from django_pyz import bundle, bytecode, dependencies, process, project, sbom, source_files, stage, static_files
from django_pyz.errors import BuildError
from django_pyz.options import Options, read_table
from django_pyz.report import Progress, Summary
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
            selection = source_files.select(found.root, options)
            epoch = bundle.source_date_epoch()
            output = (output or Path("dist") / f"{found.script}.pyz").absolute()
            _check_writable(output)
        site_packages = scratch / "site-packages"
        with progress.step("Installing the dependencies"):
            stage.take_installed(dependencies.install(found, python, scratch / "venv"), site_packages)
        with progress.step(f"Copying {len(selection.files):,} files of the project"):
            stage.add_run_wing(site_packages)
            stage.add_project(found.root, selection.files, site_packages)
        manifest = _manifest(found, python, selection, site_packages)
        staged = static_files.StagedProject(python, site_packages, _folder(scratch / "home"), manifest.env_prefix)
        staged.write_manifest(manifest)
        notes: list[str] = []
        if options.collectstatic:
            with progress.step("Collecting the static files"):
                manifest, notes = static_files.add_static_files(staged, manifest)
                staged.write_manifest(manifest)
        with progress.step("Compiling"):
            compiled = bytecode.compile_tree(python, site_packages)
            stage.normalise_modes(site_packages)
        with progress.step("Writing the file"), _appearing(output) as temporary:
            contents = bundle.Contents(site_packages, compiled, manifest, epoch)
            bundle.write(contents, temporary, scratch)
            _start_once(temporary, python, manifest, scratch)
        return Summary(output, python.executable, manifest, sum(1 for _ in stage.walk(site_packages)), notes)


def _manifest(
    found: project.Project, python: dependencies.Python, selection: source_files.Selection, site_packages: Path
) -> Manifest:
    def inside(path: Path) -> str:
        return (Path(PROJECT_FOLDER) / path.relative_to(found.root)).as_posix()

    manifest = Manifest(
        name=found.name,
        script=found.script,
        settings_module=found.settings_module,
        import_roots=tuple(inside(path) for path in found.import_roots),
        python=python.version,
        bound_to_python=stage.is_bound_to_python(site_packages),
        manage_py=inside(found.manage_py) if found.runs_manage_py else "",
        wsgi_module=found.wsgi_module,
        has_pth=any(site_packages.glob("*.pth")),
        commit=selection.commit,
        left_out=selection.left_out,
        sbom=sbom.make_sbom(found.name, site_packages),
    )
    if "django" not in {component["name"] for component in manifest.sbom["components"]}:
        raise BuildError(
            f"{found.root}: its requirements do not install Django", "Add it, or give --requirements FILE."
        )
    return manifest


@contextlib.contextmanager
def _scratch_folder() -> Iterator[Path]:
    """A folder for the steps of one build."""
    with tempfile.TemporaryDirectory(prefix="django-pyz-") as folder:
        yield Path(folder).resolve()


def _check_writable(output: Path) -> None:
    """Find out before the long steps what would keep the file from being written after them."""
    folder = next(path for path in output.parents if path.exists())
    why = ""
    if output.is_dir():
        why = "is a directory"
    elif not folder.is_dir():
        why = "not a directory"
    elif not os.access(folder, os.W_OK | os.X_OK):
        why = "permission denied"
    if why:
        raise BuildError(f"{output}: cannot be written ({why})", "Give another file with --output.")


@contextlib.contextmanager
def _appearing(output: Path) -> Iterator[Path]:
    """A temporary name for a file that gets its real one when all went well."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{output.name}.", dir=output.parent)
        os.close(descriptor)
    except OSError as error:
        raise BuildError(f"{output}: cannot be written ({(error.strerror or str(error)).lower()})") from None
    temporary = Path(name)
    try:
        yield temporary
        os.replace(temporary, output)
    finally:
        temporary.unlink(missing_ok=True)


def _start_once(file: Path, python: dependencies.Python, manifest: Manifest, scratch: Path) -> None:
    """Start the file in a place of its own; a file that does not start is not called built."""
    folder = str(_folder(scratch / "first-start"))
    environment = process.clean_environment(
        *static_files.configuring(manifest.env_prefix), HOME=folder, CACHE_DIRECTORY=folder, STATE_DIRECTORY=folder
    )
    process.run([python.executable, file, "pyz", "info"], "start the file", env=environment)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
