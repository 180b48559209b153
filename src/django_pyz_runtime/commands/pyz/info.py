"""`pyz info`: facts about this file, and the places that it uses."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from typing import Any

from django_pyz_runtime.activation.prepare import load
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import SERVES
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.config.resolved import data_dir, settings_module
from django_pyz_runtime.errors import UserError


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser("info", help="show what this file is, and the places that it uses")
    parser.add_argument("--sbom", action="store_true", help="print the packages inside as CycloneDX JSON")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Print facts, a line each."""
    if options.sbom:
        print(json.dumps(bundle.manifest.sbom, indent=2))
        return 0
    configuration = load(bundle, arguments)
    for label, text in facts(bundle, configuration).items():
        print(f"{label:<15} {text}")
    return 0


def facts(bundle: Bundle, configuration: Configuration) -> dict[str, str]:
    """The facts, by label."""
    manifest = bundle.manifest
    packages = manifest.sbom.get("components", [])
    running = "{}.{}.{}".format(*sys.version_info)
    only = " only" if manifest.bound_to_python else ""
    try:
        data = str(data_dir(manifest, configuration))
    except UserError as error:
        data = str(error)
    return {
        "name": manifest.name,
        "executable": str(bundle.executable),
        "version": manifest.version or "none",
        "build": bundle.build_id[:16],
        "source": manifest.commit or "not under version control",
        "settings": settings_module(manifest, configuration, os.environ),
        "Django": _versions(bundle)["django"],
        "gunicorn": _gunicorn(packages),
        "packages": str(len(packages)),
        "built by": f"django-pyz {manifest.built_by}",
        "built for": f"Python {manifest.python}{only}{manifest.patch_limits}",
        "running on": f"Python {running} ({sys.executable})",
        "configuration": configuration.file.path + ("" if configuration.present else " (not there)"),
        "data": data,
        "code": str(bundle.root),
    }


def print_version(bundle: Bundle) -> int:
    """`--version`: of the project, of the build, and Django's."""
    version = bundle.manifest.version or "without a version"
    print(f"{bundle.manifest.name} {version} (build {bundle.build_id[:12]}, Django {_versions(bundle)['django']})")
    return 0


def _versions(bundle: Bundle) -> dict[str, str]:
    """The versions of the packages inside, by name."""
    packages = bundle.manifest.sbom.get("components", [])
    return {"django": "not found"} | {package["name"].lower(): package["version"] for package in packages}


def _gunicorn(packages: list[dict[str, Any]]) -> str:
    """The gunicorn version that serves, and the project's own if that differs."""
    found = [package for package in packages if package["name"] == "gunicorn"]
    serving = [package["version"] for package in found if SERVES in package.get("properties", ())]
    others = [package["version"] for package in found if package["version"] not in serving]
    return ", the project's own ".join([*serving, *others]) or "not found"
