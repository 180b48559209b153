"""Creates the manifest: what a bundle knows about its project, with a software bill of materials."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from django_pyz import __version__
from django_pyz.plan import Plan
from django_pyz.project import version, websockets
from django_pyz.project.declared_services import sealed
from django_pyz.stage import missing_module, stage
from django_pyz.variables import settings_source, variables
from django_pyz_runtime.bundle.manifest import METRICS_FOLDER, PROJECT_FOLDER, SERVER_FOLDER, SERVES, Manifest
from django_pyz_runtime.errors import UserError


def describe(plan: Plan, site_packages: Path) -> Manifest:
    """The manifest of a project.

    Args:
        plan: of the build.
        site_packages: the staged tree.

    Raises:
        UserError: Django is not installed.
    """
    found, roots = plan.found, plan.found.all_import_roots

    def inside(path: Path) -> str:
        return (Path(PROJECT_FOLDER) / path.relative_to(found.root)).as_posix()

    manifest = Manifest(
        name=found.name,
        script=found.script,
        settings_module=found.settings_module,
        import_roots=tuple(map(inside, found.import_roots)),
        last_import_roots=tuple(map(inside, found.last_import_roots)),
        python=plan.python.version,
        bound_to_python=stage.is_bound_to_python(site_packages),
        has_extensions=stage.has_extensions(site_packages),
        folder=inside(found.folder),
        manage_py=inside(found.manage_py) if found.manage_py else "",
        manage_call=found.manage_call,
        wsgi_module=found.wsgi_module,
        asgi_module=found.asgi_module,
        routes_websockets=websockets.are_routed(found.asgi_module, found.settings_module, roots),
        data_paths=plan.options.data_paths,
        generates_key=_generates_key(found.settings_module, roots),
        variables=variables.named(found.settings_module, roots, found.root),
        has_pth=any(site_packages.glob("*.pth")),
        sealed={f"env.{name}": text for name, text in found.variables.items()} | sealed(plan.options),
        version=version.find(found.root, (found.folder, *found.last_import_roots), site_packages),
        built_by=__version__,
        commit=plan.selection.commit,
        sbom=make_sbom(found.name, site_packages),
    )
    if "django" not in {component["name"] for component in manifest.sbom["components"]}:
        raise no_django(found.root, found.source.files[0], found.source.requirements)
    return manifest


def no_django(root: Path, listed: Path, requirements: Sequence[Path] = ()) -> UserError:
    """The error for dependencies without Django, with the option that adds it.

    Args:
        root: the project.
        listed: its list of dependencies.
        requirements: the requirements files that were installed, relative to it.
    """
    ways = missing_module.ways("django", root, requirements)
    hint = f"Give {' or '.join(ways)}." if ways else "Add Django to it, or give --requirements FILE."
    return UserError(f"{root}: {listed} does not install Django", hint=hint)


def make_sbom(name: str, site_packages: Path) -> dict[str, Any]:
    """A CycloneDX 1.6 document (ECMA-424) that lists the installed packages.

    The gunicorn that serves and its metrics library are marked; another version from the project is listed as well.

    Args:
        name: of the project.
        site_packages: where the packages are installed; the server's are in folders there.
    """
    own = [_component(item) for item in distributions(path=[str(site_packages)])]
    folders = [str(site_packages / name) for name in (SERVER_FOLDER, METRICS_FOLDER)]
    server = [_component(item) for item in distributions(path=folders)]
    found = [item for item in own if item not in server] + [{**item, "properties": [SERVES]} for item in server]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": name}},
        "components": sorted(found, key=lambda item: (item["name"], item["version"])),
    }


def _component(item: Distribution) -> dict[str, Any]:
    name = canonicalize_name(item.metadata["Name"])
    return {"type": "library", "name": name, "version": item.version, "purl": f"pkg:pypi/{name}@{item.version}"}


def _generates_key(settings_module: str, import_roots: Sequence[Path]) -> bool:
    modules = settings_source.modules(settings_module, import_roots)
    return any(b"get_random_secret_key" in module.path.read_bytes() for module in modules)
