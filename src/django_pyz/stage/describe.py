"""The manifest: what a bundle knows of its project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django_pyz.plan import Plan
from django_pyz.stage import sbom, stage
from django_pyz.variables import settings_source, variables
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER, Manifest
from django_pyz_runtime.errors import UserError


def describe(plan: Plan, site_packages: Path) -> Manifest:
    """The manifest of a project.

    Args:
        plan: what is built.
        site_packages: the staged tree.

    Raises:
        UserError: Django is not among what was installed.
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
        data_paths=plan.options.data_paths,
        generates_key=_generates_key(found.settings_module, roots),
        variables=variables.named(found.settings_module, roots, found.root),
        has_pth=any(site_packages.glob("*.pth")),
        sealed={f"env.{name}": text for name, text in found.variables.items()},
        commit=plan.selection.commit,
        sbom=sbom.make_sbom(found.name, site_packages),
    )
    if "django" not in {component["name"] for component in manifest.sbom["components"]}:
        raise UserError(
            f"{found.root}: {found.source.files[0]} does not install Django",
            hint="Add it, or give --requirements FILE.",
        )
    return manifest


def _generates_key(settings_module: str, import_roots: Sequence[Path]) -> bool:
    modules = settings_source.modules(settings_module, import_roots)
    return any(b"get_random_secret_key" in module.path.read_bytes() for module in modules)
