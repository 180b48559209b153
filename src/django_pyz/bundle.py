"""From the staged tree to the one file: shiv's archive inside, our container around it."""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import shiv
from shiv.bootstrap.environment import Environment
from shiv.builder import create_archive
from shiv.constants import BUILD_AT_TIMESTAMP_FORMAT

import django_pyz_runtime
from django_pyz.stage import walk
from django_pyz_runtime.container import CONTAINER, FORMAT, SITE_PACKAGES
from django_pyz_runtime.manifest import Manifest

PAYLOAD = "payload.pyz"
BYTECODE = "bytecode.zip"
LAUNCHER_MODULES = (
    "__init__",
    "arguments",
    "complaints",
    "container",
    "ini",
    "launcher",
    "names",
    "places",
    "trust",
    "unpack",
)
"""The modules of the run wing that must be there before anything is unpacked."""
_PLAIN_MODE = 0o100644

_MAIN = """\
from django_pyz_runtime.launcher import launch

launch({name!r}, {build_id!r}, {python!r}, {bound_to_python!r})
"""


@dataclass(frozen=True)
class Contents:
    """What goes into a bundle.

    Attributes:
        site_packages: the tree, with modes normalised.
        bytecode: the bytecode files in it.
        manifest: of the project.
        epoch: the time written into the file, in seconds since 1970.
    """

    site_packages: Path
    bytecode: list[Path]
    manifest: Manifest
    epoch: int


def build_id(site_packages: Path) -> str:
    """A digest over the names, modes and contents of a tree, each with its length, so that no two trees share one."""
    digest = hashlib.sha256()
    for path in walk(site_packages):
        name, content = path.relative_to(site_packages).as_posix().encode(), path.read_bytes()
        digest.update(f"{len(name)}:{path.stat().st_mode & 0o777:o}:{len(content)}:".encode())
        digest.update(name)
        digest.update(content)
    return digest.hexdigest()


def write(contents: Contents, output: Path, scratch: Path) -> str:
    """Write the executable file.

    Args:
        contents: what goes in.
        output: the file to write, over one that may be there.
        scratch: a folder for the archives inside.

    Returns:
        The build id.
    """
    identity = build_id(contents.site_packages)
    payload = _write_payload(contents, identity, scratch / PAYLOAD)
    bytecode = _write_bytecode(contents, scratch / BYTECODE)
    manifest = contents.manifest
    members = {path.name: {"size": path.stat().st_size, "sha256": _digest(path)} for path in (payload, bytecode)}
    container = {
        "format": FORMAT,
        "name": manifest.name,
        "build_id": identity,
        "python": manifest.python,
        "bound_to_python": manifest.bound_to_python,
        "members": members,
    }
    main = _MAIN.format(
        name=manifest.name,
        build_id=identity,
        python=manifest.python,
        bound_to_python=manifest.bound_to_python,
    )
    with output.open("wb") as file:
        file.write(f"#!/usr/bin/env {_interpreter(manifest)}\n".encode())
        with zipfile.ZipFile(file, "w") as archive:
            _add(archive, "__main__.py", main.encode(), contents.epoch)
            for module in LAUNCHER_MODULES:
                source = Path(django_pyz_runtime.__file__).parent / f"{module}.py"
                _add(archive, f"{django_pyz_runtime.__name__}/{module}.py", source.read_bytes(), contents.epoch)
            _add(archive, CONTAINER, json.dumps(container, indent=1, sort_keys=True).encode(), contents.epoch)
            for path in (payload, bytecode):
                _add(archive, path.name, path.read_bytes(), contents.epoch)
    output.chmod(0o755)
    return identity


def _interpreter(manifest: Manifest) -> str:
    return f"python{manifest.python}" if manifest.bound_to_python else "python3"


def _write_payload(contents: Contents, identity: str, path: Path) -> Path:
    """Let shiv bundle the tree; the result is a shiv archive of its own.

    shiv takes its own files in the order and with the modes that the file system has them in, which differ from machine
    to machine: its archive is written again, sorted.
    """
    environment = Environment(
        built_at=time.strftime(BUILD_AT_TIMESTAMP_FORMAT, time.gmtime(contents.epoch)),
        build_id=identity,
        entry_point="django_pyz_runtime.payload:main",
        script=None,
        always_write_cache=False,
        compile_pyc=False,
        extend_pythonpath=False,
        prepend_pythonpath=None,
        shiv_version=shiv.__version__,
    )
    interpreter = f"/usr/bin/env {_interpreter(contents.manifest)}"
    raw = path.with_suffix(".raw")
    create_archive([contents.site_packages], raw, interpreter, "_bootstrap:bootstrap", environment, compressed=False)
    with path.open("wb") as file:
        file.write(f"#!{interpreter}\n".encode())
        with zipfile.ZipFile(raw) as source, zipfile.ZipFile(file, "w") as archive:
            for info in sorted(source.infolist(), key=lambda item: item.filename):
                mode = info.external_attr >> 16 if info.filename.startswith(f"{SITE_PACKAGES}/") else _PLAIN_MODE
                _add(archive, info.filename, source.read(info), contents.epoch, zipfile.ZIP_DEFLATED, mode)
    return path


def _write_bytecode(contents: Contents, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for source in sorted(contents.bytecode):
            name = f"{SITE_PACKAGES}/{source.relative_to(contents.site_packages).as_posix()}"
            _add(archive, name, source.read_bytes(), contents.epoch, zipfile.ZIP_DEFLATED)
    return path


def _add(
    archive: zipfile.ZipFile,
    name: str,
    content: bytes,
    epoch: int,
    compression: int = zipfile.ZIP_STORED,
    mode: int = _PLAIN_MODE,
) -> None:
    year, month, day, hour, minute, second, *_ = time.gmtime(epoch)
    info = zipfile.ZipInfo(name, (year, month, day, hour, minute, second))
    info.compress_type = compression
    info.external_attr = mode << 16
    archive.writestr(info, content)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
