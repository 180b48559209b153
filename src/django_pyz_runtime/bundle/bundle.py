"""A bundle on this machine: the file, the tree it was unpacked to, and its manifest."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.bundle.manifest import FILE_NAME, PROJECT_FOLDER, Manifest
from django_pyz_runtime.errors import UserError, system_reason

STAGED = "staged"
"""The build id of a tree that is still being built."""


class Bundle(NamedTuple):
    """A bundle on this machine: the file, the tree it was unpacked to, and its manifest.

    Attributes:
        executable: absolute path of the file that was started.
        site_packages: absolute path of the unpacked code.
        build_id: names the build; the unpacked tree is keyed by it.
    """

    executable: Path
    site_packages: Path
    build_id: str
    manifest: Manifest

    @classmethod
    def load(cls, executable: str, site_packages: str, build_id: str) -> Bundle:
        """Read the manifest of an unpacked tree.

        Raises:
            UserError: there is no readable manifest.
        """
        path = Path(site_packages) / FILE_NAME
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{path}: cannot be read ({system_reason(error)})", hint="Build the file again.") from None
        return cls(Path(executable), Path(site_packages), build_id, Manifest.from_json(text))

    @classmethod
    def staged(cls, site_packages: str) -> Bundle:
        """The bundle of a tree that is still being built, for which its folder stands as the file.

        Raises:
            UserError: there is no readable manifest.
        """
        return cls.load(site_packages, site_packages, STAGED)

    @classmethod
    def of_tree(cls, site_packages: str) -> Bundle:
        """The bundle of an unpacked tree; set its file with `started_from`.

        Raises:
            UserError: there is no readable manifest.
        """
        return cls.load("", site_packages, os.path.basename(os.path.dirname(site_packages)))

    def started_from(self, executable: str) -> Bundle:
        """The same bundle with the path that it was started by."""
        return self._replace(executable=Path(executable))

    @property
    def is_staged(self) -> bool:
        """Whether this is a tree that is being built, where what the project writes beside its code is of interest."""
        return self.build_id == STAGED

    @property
    def root(self) -> Path:
        """The folder that the manifest's paths are relative to: the tree."""
        return self.site_packages if self.is_staged else self.site_packages.parent

    @property
    def release(self) -> str:
        """What it is for people: its version, if it has one, and how its build id begins."""
        build = self.build_id[:12]
        return f"{self.manifest.version} ({build})" if self.manifest.version else build

    @property
    def project_folder(self) -> Path:
        """Where the project's own files were unpacked to."""
        return self.root / PROJECT_FOLDER
