"""Collect and compress the static files at build time, by the staged bundle's own commands."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from django_pyz import in_process, process
from django_pyz.dependencies import Python
from django_pyz.errors import BuildError
from django_pyz_runtime.manifest import FILE_NAME, STATIC_FOLDER, Manifest

_PLAIN_STORAGE = "django.contrib.staticfiles.storage.StaticFilesStorage"
_HASHED_STORAGE = "django_pyz_runtime.static_storage.HashedStaticFilesStorage"
_SETTINGS_NEEDED = (
    "The settings must be importable at build time; variables that they need can be set for the build: NAME=VALUE ..."
)


@dataclass(frozen=True)
class StagedProject:
    """A staged tree that can already run commands.

    Attributes:
        python: the interpreter it is built for.
        site_packages: the tree.
        scratch: a folder for what the commands write elsewhere.
        env_prefix: of the variables that configure the project.
    """

    python: Python
    site_packages: Path
    scratch: Path
    env_prefix: str

    def write_manifest(self, manifest: Manifest) -> None:
        """Put a manifest into the tree."""
        (self.site_packages / FILE_NAME).write_text(manifest.to_json(), encoding="utf-8")

    def facts(self) -> dict[str, object]:
        """What the project's settings say.

        Raises:
            BuildError: they cannot be imported.
        """
        said = self._run("facts", "import the settings", self._options())
        found: dict[str, object] = json.loads(said.splitlines()[-1])
        return found

    def manage(self, *command: str) -> None:
        """Run a management command.

        Raises:
            BuildError: it failed.
        """
        self._run("manage", f"run {command[0]}", [*self._options(), *command])

    def gzip(self, folder: Path) -> None:
        """Put a compressed file beside each file that becomes smaller by it."""
        self._run("gzip", "compress the static files", [str(folder)])

    def _run(self, task: str, what: str, arguments: list[str]) -> str:
        command: list[str | Path] = [
            self.python.executable,
            "-ISB",
            in_process.__file__,
            self.site_packages,
            task,
            *arguments,
        ]
        environment = process.clean_environment(*configuring(self.env_prefix), HOME=str(self.scratch))
        return process.run(command, what, folder=self.scratch, env=environment, hint=_SETTINGS_NEEDED)

    def _options(self) -> list[str]:
        """No configuration of the builder's machine, a key for this build only, and no data anywhere."""
        nothing = self.scratch / "settings.ini"
        nothing.touch()
        settings = (
            "settings.SECRET_KEY=only-for-this-build",
            "settings.DEBUG=false",
            f"project.data_dir={self.scratch}/data",
        )
        return ["--config", str(nothing), *(item for setting in settings for item in ("--set", setting))]


def configuring(env_prefix: str) -> tuple[str, ...]:
    """The variables that configure a bundle; those of the builder's machine have no say in what is built."""
    return env_prefix, "DJANGO_SETTINGS_MODULE", "CREDENTIALS_DIRECTORY"


def add_static_files(staged: StagedProject, manifest: Manifest) -> tuple[Manifest, list[str]]:
    """Collect, compress and gzip the static files into the tree.

    A project that left Django's plain storage in place gets names with a hash of the content, so that browsers may keep
    the files for ever; where its files do not allow that, they stay as they are. What was decided is sealed in.

    Returns:
        The manifest with what is so from now on, and notes for the report.

    Raises:
        BuildError: the settings cannot be imported, or the files not be collected.
    """
    facts = staged.facts()
    if not facts["staticfiles"]:
        return manifest, ["no static files: django.contrib.staticfiles is not installed"]
    notes: list[str] = []
    if facts["storage"] == _PLAIN_STORAGE:
        manifest = _sealed(manifest, "settings.STORAGES.staticfiles.BACKEND", _HASHED_STORAGE)
        staged.write_manifest(manifest)
        try:
            _collect(staged)
        except BuildError as error:
            notes.append(f"static files keep their plain names: {str(error).splitlines()[-1].strip()}")
            manifest = replace(manifest, sealed={})
            staged.write_manifest(manifest)
            _collect(staged)
    else:
        _collect(staged)
    if facts["compressor"]:
        manifest, said = _compress(staged, manifest)
        notes += said
    staged.gzip(_folder(staged))
    return replace(manifest, has_static=True), notes


def _sealed(manifest: Manifest, name: str, text: str) -> Manifest:
    return replace(manifest, sealed={**manifest.sealed, name: text})


def _folder(staged: StagedProject) -> Path:
    return staged.site_packages / STATIC_FOLDER


def _collect(staged: StagedProject) -> None:
    shutil.rmtree(_folder(staged), ignore_errors=True)
    staged.manage("collectstatic", "--noinput", "--verbosity", "0", "--dir", str(_folder(staged)))


def _compress(staged: StagedProject, manifest: Manifest) -> tuple[Manifest, list[str]]:
    """Fill django-compressor's offline manifest; the tree is read-only, so it cannot be filled at the first request."""
    try:
        staged.manage("compress", "--force", "--dir", str(_folder(staged)))
    except BuildError as error:
        return manifest, [f"nothing compressed: {str(error).splitlines()[-1].strip()}"]
    return _sealed(manifest, "settings.COMPRESS_OFFLINE", "true"), []
