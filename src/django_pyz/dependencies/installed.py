"""Takes a virtual environment's packages as the dependencies of a project that has no list of them yet."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.utils import canonicalize_name

from django_pyz.dependencies.locks.wanted import git_reference, with_subdirectory

KIND = "virtual environment"
KEEP_LIST = "python -m pip freeze > requirements.txt"
_TOOLS = ("distribute", "django-pyz", "pip", "setuptools", "wheel")
"""What `pip freeze` leaves out, and django-pyz itself."""


def find(folders: Sequence[Path], environ: Mapping[str, str]) -> Path | None:
    """The virtual environment with Django that a project runs in; None if there is none or it is ambiguous.

    Args:
        folders: where to look: the one of manage.py first, then up to the root.
        environ: VIRTUAL_ENV names the active one.
    """
    active = [Path(environ["VIRTUAL_ENV"])] if environ.get("VIRTUAL_ENV") else []
    usual = [folder / name for folder in folders for name in (".venv", "venv")]
    for environment in filter(_has_django, [*active, *usual]):
        return environment.absolute()
    others = [path.parent for folder in folders for path in folder.glob("*/pyvenv.cfg") if _has_django(path.parent)]
    return others[0] if len(others) == 1 else None


def requirements(environment: Path, root: Path) -> tuple[str, ...]:
    """The packages in a virtual environment as sorted requirement lines that pin everything.

    Args:
        environment: the virtual environment.
        root: the project, which is left out itself; folders in it are named relative to it.
    """
    packages = (item for item in _packages(environment) if _name(item) not in _TOOLS)
    return tuple(sorted({line for item in packages if (line := _requirement(item, root))}))


def keep_list(environment: Path) -> str:
    """The command that writes a virtual environment's packages to requirements.txt."""
    if any(_name(item) == "pip" for item in _packages(environment)):
        return f"{shlex.quote(f'{environment}/bin/python')}{KEEP_LIST.removeprefix('python')}"
    return f"uv pip freeze --python {shlex.quote(str(environment))} > requirements.txt"


def _has_django(environment: Path) -> bool:
    return (environment / "pyvenv.cfg").is_file() and any(_name(item) == "django" for item in _packages(environment))


def _packages(environment: Path) -> Iterator[Distribution]:
    folders = [str(folder) for folder in environment.glob("lib/python*/site-packages")]
    # The leftovers of a badly removed package have no name.
    return (item for item in distributions(path=folders) if "Name" in item.metadata)


def _name(package: Distribution) -> str:
    return canonicalize_name(package.metadata["Name"])


def _requirement(package: Distribution, root: Path) -> str:
    """A line of a requirements file; "" for the project itself. PEP 610 says where a package came from."""
    origin = json.loads(package.read_text("direct_url.json") or "{}")
    name, url, subdirectory = _name(package), origin.get("url", ""), origin.get("subdirectory")
    if repository := origin.get("vcs_info"):
        return f"{name} @ {git_reference(url, repository['commit_id'], subdirectory or '')}"
    if "dir_info" in origin:
        return _local_folder(Path(url2pathname(urlsplit(url).path)), root)
    return f"{name} @ {with_subdirectory(url, subdirectory)}" if url else f"{name}=={package.version}"


def _local_folder(folder: Path, root: Path) -> str:
    if root.is_relative_to(folder):
        return ""
    return f"./{folder.relative_to(root).as_posix()}" if folder.is_relative_to(root) else str(folder)
