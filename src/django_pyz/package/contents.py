"""The contents of a package: the file, and what `pyz install --system` writes for systemd, dpkg and people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django_pyz import process
from django_pyz_runtime.bundle.manifest import FILE_NAME, Manifest
from django_pyz_runtime.bundle.names import SITE_PACKAGES

UNITS = "/usr/lib/systemd/system"
_CONFIGURATION = """\
# The configuration of {name}. Changes take effect with the next `systemctl reload {name}`.
# {examples} explains every option.
"""
_TOLD = re.compile(r"# [A-Z_]+: (made at|set )")
"""A comment in [settings] on the origin of a setting that is not set there."""


_ZSH = r"(?<=^/usr/share/zsh/)[a-z-]+(?=/)"
_ZSH_FOLDERS = {"deb": "vendor-completions", "rpm": "site-functions"}


class Entry(NamedTuple):
    """A file of a package.

    Attributes:
        place: absolute path on the machine.
        content: its text, or the file to copy.
        mode: its permissions.
        is_configuration: whether an operator's changes to it are kept.
    """

    place: str
    content: str | Path | bytes
    mode: int = 0o644
    is_configuration: bool = False

    def read(self) -> bytes:
        """Its bytes."""
        if isinstance(self.content, Path):
            return self.content.read_bytes()
        return self.content.encode() if isinstance(self.content, str) else self.content


class Staged(NamedTuple):
    """A built file as installed below a folder.

    Attributes:
        file: the built file.
        root: the folder.
        manifest: its manifest.
        build_id: its build id.
    """

    file: Path
    root: Path
    manifest: Manifest
    build_id: str

    @property
    def program(self) -> str:
        """The place of the file in the package, where it is not active yet."""
        return f"/usr/lib/{self.manifest.name}/package/{self.manifest.script}"

    @property
    def settings(self) -> str:
        """The path of settings.ini."""
        return f"/etc/{self.manifest.name}/settings.ini"

    @property
    def user(self) -> str:
        """The name of its user."""
        line = (self.root / f"usr/lib/sysusers.d/{self.manifest.name}.conf").read_text(encoding="utf-8")
        return line.split()[1]

    @property
    def unit_names(self) -> list[str]:
        """The names of its units."""
        return sorted(path.name for path in (self.root / UNITS.lstrip("/")).iterdir())


def stage(file: Path, name: str, root: Path) -> Staged:
    """Let a file install itself below a folder.

    Args:
        file: the built file.
        name: of its project.
        root: the folder; empty.

    Raises:
        UserError: it failed.
    """
    command: list[str | Path] = ["sh", file, "pyz", "install", "--system", "--no-start", "--root", root]
    places = {"HOME": str(root / "home"), "CACHE_DIRECTORY": str(root / "cache")}
    hint = "A package needs a file that was built with this version of django-pyz or a newer one: build it again."
    process.run(command, f"install {file} for the package", env=process.clean_environment(**places), hint=hint)
    [tree] = (root / "usr/lib" / name / "releases").iterdir()
    manifest = Manifest.from_json((tree / SITE_PACKAGES / FILE_NAME).read_text(encoding="utf-8"))
    return Staged(file, root, manifest, tree.name)


def contents(staged: Staged, documents: str) -> list[Entry]:
    """The files of a package that do not depend on its kind.

    They do not include the executable in /usr/bin and the code: the verbs create these, so that unpacking a package
    does not change what runs.

    Args:
        staged: the file.
        documents: the folder for documents.
    """
    examples = f"{documents}/examples/settings.ini"
    template = (staged.root / staged.settings.lstrip("/")).read_text(encoding="utf-8")
    systems = [
        Entry(f"/{path.relative_to(staged.root)}", path)
        for path in sorted((staged.root / "usr/lib").rglob("*"))
        if path.is_file() and path.parent.name in ("system", "sysusers.d", "tmpfiles.d")
        if not path.is_relative_to(staged.root / "usr/lib" / staged.manifest.name)
    ]
    for_people = [
        Entry(f"/{path.relative_to(staged.root)}", path)
        for path in sorted((staged.root / "usr/share").rglob("*"))
        if path.is_file()
    ]
    return [
        *systems,
        *for_people,
        Entry(staged.program, staged.file, 0o755),
        Entry(examples, template),
        Entry(staged.settings, _configuration(staged.manifest, template, examples), 0o640, is_configuration=True),
    ]


def placed(entries: Iterable[Entry], kind: str) -> list[Entry]:
    """The same files, at the places of a kind of distribution.

    Args:
        entries: the files.
        kind: "deb" or "rpm".
    """
    return [entry._replace(place=re.sub(_ZSH, _ZSH_FOLDERS[kind], entry.place)) for entry in entries]


def _configuration(manifest: Manifest, template: str, examples: str) -> str:
    """The settings.ini of a package: only options that are set or required, so it is the same in the next release.

    Package managers ask about a configuration file that both the operator and the new release changed. A file with
    every option and variable would change with each release.
    """
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in template.splitlines():
        if line.startswith("["):
            lines = found.setdefault(line, [])
        elif line and (not line.startswith("#") or _TOLD.match(line)):
            lines.append(line)
    found["[env]"] += [f"#{item.name} =" for item in manifest.variables if item.is_required]
    sections = ["\n".join([section, *lines, ""]) for section, lines in found.items() if lines]
    return "\n".join([_CONFIGURATION.format(name=manifest.name, examples=examples), *sections])
