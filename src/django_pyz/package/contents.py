"""What is in a package: the file, and what systemd, dpkg and people read, as `pyz install --system` stages it."""

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
# The configuration of {name}: what is changed here holds from the next `systemctl reload {name}` on.
# {examples} has every option with its meaning.
"""
_TOLD = re.compile(r"# [A-Z_]+: (made at|set )")
"""A line of [settings] that says where a setting comes from that is none of its own."""


_ZSH = r"(?<=^/usr/share/zsh/)[a-z-]+(?=/)"
_ZSH_FOLDERS = {"deb": "vendor-completions", "rpm": "site-functions"}


class Entry(NamedTuple):
    """A file of a package.

    Attributes:
        place: absolute path on the machine.
        content: its text, or the file that it is a copy of.
        mode: its permissions.
        is_configuration: whether what an operator has changed in it stays.
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
    """A file as it is installed, below a folder.

    Attributes:
        file: that was built.
        root: the folder.
        manifest: of the file.
        build_id: of it.
    """

    file: Path
    root: Path
    manifest: Manifest
    build_id: str

    @property
    def program(self) -> str:
        """Where the package has the file, which is not yet in force there."""
        return f"/usr/lib/{self.manifest.name}/package/{self.manifest.script}"

    @property
    def settings(self) -> str:
        """Where settings.ini is."""
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
    """Have a file install itself below a folder.

    Args:
        file: that was built.
        name: of its project.
        root: the folder, which is empty.

    Raises:
        UserError: it cannot.
    """
    command: list[str | Path] = ["sh", file, "pyz", "install", "--system", "--no-start", "--root", root]
    places = {"HOME": str(root / "home"), "CACHE_DIRECTORY": str(root / "cache")}
    hint = "A package needs a file that this version of django-pyz has built, or a newer one: build it again."
    process.run(command, f"install {file} for the package", env=process.clean_environment(**places), hint=hint)
    [tree] = (root / "usr/lib" / name / "releases").iterdir()
    manifest = Manifest.from_json((tree / SITE_PACKAGES / FILE_NAME).read_text(encoding="utf-8"))
    return Staged(file, root, manifest, tree.name)


def contents(staged: Staged, documents: str) -> list[Entry]:
    """The files of a package, but for those that say what kind of package it is.

    The executable in /usr/bin and the code are none of them: the verbs make these, so that a package that is unpacked
    changes nothing of what runs.

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
    """The same files, where programs of a kind of distribution look for them.

    Args:
        entries: the files.
        kind: "deb" or "rpm".
    """
    return [entry._replace(place=re.sub(_ZSH, _ZSH_FOLDERS[kind], entry.place)) for entry in entries]


def _configuration(manifest: Manifest, template: str, examples: str) -> str:
    """What is set in a settings.ini, and what has to be: a text that the next release does not change.

    Package managers ask about a configuration file that both the operator and the new release have changed. The one
    with every option and variable changes with each release.
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
