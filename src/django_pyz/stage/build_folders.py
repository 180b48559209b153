"""The folders of a build, and the steps that fill them: copy, install, run the build commands, fill the tree."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

from django_pyz import process
from django_pyz.dependencies.install import install_dependencies
from django_pyz.dependencies.patch_releases import PatchReleases
from django_pyz.files import secret_scan, working_copy
from django_pyz.files.selection import add_build_output
from django_pyz.plan import Plan
from django_pyz.project import declared_services, own_package
from django_pyz.project.project import Project
from django_pyz.stage import missing_module, programs, stage
from django_pyz.stage.describe import describe
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER, Manifest
from django_pyz_runtime.errors import UserError


@dataclass(frozen=True)
class BuildFolders:
    """The folders of one build.

    Attributes:
        scratch: contains all others.
        copy: of the project.
        environment: a virtual environment with the dependencies.
        server: a folder of packages with the gunicorn that serves and its metrics library; it moves into the tree.
        site_packages: the tree that becomes the bundle.
        patch_releases: the patch releases of Python that the environment suffices for.
    """

    scratch: Path
    copy: Path
    environment: Path
    server: Path
    site_packages: Path
    patch_releases: PatchReleases = field(default_factory=PatchReleases)

    @property
    def installed(self) -> Path:
        """The packages in the environment, until they move to the tree."""
        return next(self.environment.glob("lib/python*/site-packages"))


def install(plan: Plan, scratch: Path) -> BuildFolders:
    """Copy the project, and install its dependencies into a virtual environment.

    Args:
        plan: the plan of the build.
        scratch: an empty folder.

    Raises:
        UserError: something cannot be read or installed.
    """
    found, selection = plan.found, plan.selection
    links = selection.links if plan.options.build_commands else ()
    copy = working_copy.make(found.root, (*selection.files, *selection.for_building), scratch / "source", links)
    if found.package or plan.options.build_commands:
        working_copy.add_history(found.root, copy)
    environment = scratch / "venv"
    with working_copy.errors_about(found.root, copy):
        installed = install_dependencies(found.source, copy, plan.options, plan.python, environment)
    return BuildFolders(
        scratch, copy, environment, installed.server, scratch / "site-packages", installed.patch_releases
    )


def with_build_commands(plan: Plan, folders: BuildFolders) -> Plan:
    """Run the project's build commands, and select the files that they create.

    Raises:
        UserError: a command failed, or created an apparent secret.
    """
    options, copy = plan.options, folders.copy
    with working_copy.errors_about(plan.found.root, copy):
        try:
            working_copy.run_commands(options.build_commands, copy, folders.environment / "bin", options.variables)
        except UserError as error:
            step = missing_module.hint(error.problem, copy, plan.found.source.requirements)
            raise UserError(error.problem, hint=step or error.hint) from None
    selection = add_build_output(plan.selection, copy, options)
    secret_scan.check(copy, selection.files, options.allow_secrets)
    return replace(plan, selection=selection)


def fill(plan: Plan, folders: BuildFolders) -> Manifest:
    """Fill the tree: packages, server, run wing, project, programs.

    Args:
        plan: the plan of the build.
        folders: of the build; the environment's packages move to the tree.

    Raises:
        UserError: a package cannot go into a bundle, or Django is missing.
    """
    site_packages = folders.site_packages
    own = own_package.installed_from(folders.copy, folders.installed)
    stage.take_installed(folders.installed, site_packages)
    stage.add_server(folders.server, site_packages)
    stage.add_run_wing(site_packages)
    working_copy.copy_files(folders.copy, plan.selection.files, site_packages / PROJECT_FOLDER)
    _merge_own(plan, own, site_packages)
    manifest = describe(plan, site_packages)._replace(
        least_patch=folders.patch_releases.least, below_patch=folders.patch_releases.below
    )
    programs.add_programs(folders.environment / "bin", site_packages, manifest)
    declared_services.check_commands(plan.options, site_packages)
    return manifest


def build_config(plan: Plan, folders: BuildFolders) -> Path | None:
    """The settings.ini for the build, private because it may contain secrets; None for none.

    An untracked one, or one outside the project, is copied first, so that the user's own keeps its mode.
    """
    if not (wanted := plan.options.build_config):
        return None
    path = folders.copy / wanted
    if not (path.is_file() and path.resolve().is_relative_to(folders.copy)):
        path = _copied_config(plan.found.root / wanted, folders.scratch / "build-config")
    path.chmod(0o600)
    return path


def _copied_config(original: Path, folder: Path) -> Path:
    """Copy a configuration to a folder together with its neighbours, such as conf.d and the files of [modules]."""
    folder.mkdir()
    for neighbour in original.parent.iterdir():
        if neighbour.name != original.name:
            (folder / neighbour.name).symlink_to(neighbour.absolute())
    return Path(shutil.copyfile(original, folder / original.name))


def install_project(found: Project, folders: BuildFolders) -> list[str]:
    """Install the project itself if it is a package.

    Returns:
        A note if that failed but the project starts without the package.

    Raises:
        UserError: it failed, and only a command of the package starts the project.
    """
    if not found.package:
        return []
    package = folders.copy / found.package.relative_to(found.root)
    try:
        with working_copy.errors_about(found.root, folders.copy):
            own_package.install(package, folders.environment / "bin" / "python")
    except UserError as error:
        if found.manage_call:
            raise
        return [f"the project is not installed as a package: {process.reason_of(error)}"]
    return []


def _merge_own(plan: Plan, own: list[Path], site_packages: Path) -> None:
    """Keep one copy of the project's own packages; scan files that their installation created for secrets too."""
    found, folder = plan.found, site_packages / PROJECT_FOLDER
    roots = [folder / root.relative_to(found.root) for root in found.all_import_roots]

    def is_kept_out(path: Path) -> bool:
        return plan.selection.keeps_out(path.relative_to(folder).as_posix())

    for metadata in own:
        moved = own_package.merge(site_packages / metadata.name, roots, is_kept_out)
        secret_scan.check(folder, [path.relative_to(folder) for path in moved], plan.options.allow_secrets)
    stage.normalise_metadata(site_packages)
