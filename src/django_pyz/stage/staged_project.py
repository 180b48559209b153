"""Runs a staged tree's own commands during the build."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from django_pyz import process
from django_pyz.project.settings_choice import EXAMPLE
from django_pyz.python import Python
from django_pyz.stage import in_process, missing_module
from django_pyz.variables.reading import Reading
from django_pyz_runtime.bundle.manifest import FILE_NAME, PROJECT_FOLDER, Manifest
from django_pyz_runtime.bundle.names import COMMANDS_FILE
from django_pyz_runtime.errors import UserError

_SETTINGS_NEEDED = (
    "The settings must be importable at build time: provide what they need with --build-env NAME=VALUE, or with "
    "--build-config FILE, a settings.ini whose [modules] may provide a module that each installation has its own of; "
    "add missing packages with --extras or --groups; or build with --no-collectstatic."
)
_NO_FILE = re.compile(r"No such file(?: or directory)?: (?:'([^']+\.py)'|([^'\s]+\.py))")
"""The messages of Python and of django-split-settings, which quotes the file name from the settings."""
_SHOWN = 8
_KEPT = ("PATH", "LANG", "LD_LIBRARY_PATH", "TMPDIR", "TZ")
_CACHE = "django.core.cache.backends.locmem.LocMemCache"
_THROW_AWAY = "only-for-this-build"


@dataclass(frozen=True)
class Facts:
    """Facts about the project's settings.

    Attributes:
        staticfiles: whether Django's staticfiles app is installed.
        storage: the dotted path of the storage for static files.
        compressor: whether django-compressor is installed and enabled.
        offline: whether django-compressor compresses offline.
        caches: the names of its caches.
        driverless: databases whose backend cannot be loaded because its driver is not installed, to Django's message.
        uncertain: databases whose backend can only be loaded after the apps.
        reads: folders that the settings read from: static files, templates, translations, fixtures.
        static: folders that static files are collected from, and files in which a front-end build lists its output.
        made: folders that the running site writes to.
        readings: their readings of the environment.
        given: the names of variables that were set.
    """

    staticfiles: bool
    storage: str
    compressor: bool
    offline: bool
    caches: list[str]
    driverless: dict[str, str]
    uncertain: list[str]
    reads: list[str]
    static: list[str]
    made: list[str]
    readings: list[Reading]
    given: list[str]

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """Settings for the build, which uses none of the site's caches or databases, so it needs no driver."""
        caches = (f"settings.CACHES.{alias}.BACKEND={_CACHE}" for alias in self.caches)
        engines = (f"settings.DATABASES.{alias}.ENGINE=django.db.backends.sqlite3" for alias in self.driverless)
        names = (f"settings.DATABASES.{alias}.NAME=:memory:" for alias in self.driverless)
        return (*caches, *engines, *names)


class Written(NamedTuple):
    """The result of writing static files.

    Attributes:
        plain: files that keep their plain names, with the reason.
        elsewhere: the storage, if it does not store files in the folder; else "".
        unmigrated: the apps with models but no migrations, to their folders in the project or the tree.
    """

    plain: list[str]
    elsewhere: str
    unmigrated: dict[str, str]


class NotImportable(UserError):
    """The settings cannot be imported.

    Attributes:
        readings: their readings of the environment so far.
        missed: the missing variable that is the cause; "" if none.
    """

    def __init__(self, *problems: str, hint: str, readings: Sequence[Reading], missed: str = "") -> None:
        super().__init__(*problems, hint=hint)
        self.readings = readings
        self.missed = missed


@dataclass(frozen=True)
class StagedProject:
    """A staged tree that can run commands.

    Attributes:
        python: the interpreter it is built for.
        site_packages: the tree.
        scratch: a folder for other output of the commands.
        config: a settings.ini for the build; None for none.
        variables: environment variables for the build.
        settings: more settings for the build, SECTION.KEY=VALUE.
        requirements: the installed requirements files, relative to the project; empty if the list was another kind.
        bytecode: a folder with the tree's bytecode (see django_pyz_runtime.bundle.bytecode_finder); None for none.
    """

    python: Python
    site_packages: Path
    scratch: Path
    config: Path | None = None
    variables: dict[str, str] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    requirements: tuple[Path, ...] = ()
    bytecode: Path | None = None

    @property
    def project_folder(self) -> Path:
        """The folder of the project's own files in the tree."""
        return self.site_packages / PROJECT_FOLDER

    def write_manifest(self, manifest: Manifest) -> None:
        """Put a manifest into the tree."""
        (self.site_packages / FILE_NAME).write_text(manifest.to_json(), encoding="utf-8")

    def facts(self) -> Facts:
        """Facts about the project's settings. A missing secret key gets a placeholder from then on.

        Raises:
            NotImportable: they cannot be imported; if a variable is missing, with its name.
        """
        found = self._import()
        if not (missing := found.get("missing")):
            return Facts(**found)
        name, *others = missing
        if "SECRET" in name and name not in self.variables:
            self.variables[name] = _THROW_AWAY
            return self.facts()
        more = f"\nAlso required: {', '.join(others)}." if others else ""
        raise NotImportable(
            found["problem"],
            hint=f"Set a placeholder for the build with --build-env {name}=VALUE, or in pyproject.toml:\n"
            f'  [tool.django-pyz.build-env]\n  {name} = "..."{more}',
            readings=found["readings"],
            missed=name,
        )

    def is_needed(self, variable: str) -> bool:
        """Whether the settings need a variable that is set."""
        try:
            return "missing" in self._import(without=variable)
        except NotImportable:
            return True

    def _import(self, without: str = "") -> dict[str, Any]:
        """Import the settings without a variable, and return the facts that were written.

        Raises:
            NotImportable: it failed for another reason than a missing variable.
        """
        answer = self.scratch / "facts.json"
        answer.write_text('{"readings": []}', encoding="utf-8")
        failed: UserError | None = None
        try:
            self._run("facts", "import the settings", [str(answer), without, *self._options()])
        except UserError as error:
            failed = error
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        found["readings"] = [Reading(**item) for item in found["readings"]]
        if failed:
            step = self._next_step(failed.problem, found["readings"])
            hint = "\n".join(filter(None, [step, failed.hint]))
            raise NotImportable(*failed.problems, hint=hint, readings=found["readings"])
        return found

    def _next_step(self, problem: str, readings: Sequence[Reading]) -> str:
        """The next step for settings that cannot be imported, if their error and readings suggest one; else ""."""
        if step := self._about_path(problem) or missing_module.hint(problem, self.project_folder, self.requirements):
            return step
        known = self.variables
        unset = [item.name for item in readings if item.default in (None, "None") and item.name not in known]
        last = process.reason_of(UserError(problem))
        # The one in the error message, if any, comes first.
        names = sorted(dict.fromkeys(unset), key=lambda name: not _shares_word(name, last))[:_SHOWN]
        if not names or "ImproperlyConfigured" not in problem:
            return ""
        return (
            f"Of the variables that the settings have read, these are not set and have no default: {', '.join(names)}. "
            "Set a placeholder for the build with --build-env NAME=VALUE."
        )

    def _about_path(self, problem: str) -> str:
        """The next step for a missing Python file that the settings read by path; else ""."""
        missing = _NO_FILE.search(problem)
        readers = re.findall(rf'File "{re.escape(str(self.project_folder))}/(.+?)"', problem)
        if not missing or not readers:
            return ""
        said = missing[1] or missing[2]
        path = Path(self.in_project(said))
        if path.is_absolute():
            return ""
        name = path if "/" in said else Path(readers[-1]).with_name(path.name)
        beside = sorted((self.project_folder / name).parent.glob(f"*{name.stem}?*"))
        example = next((item.name for item in beside if EXAMPLE.search(item.name)), "")
        command = shlex.join(["cp", str(name.with_name(example)), str(name)] if example else ["touch", str(name)])
        if not (self.project_folder / name).parent.is_dir():
            command = f"{shlex.join(['mkdir', '-p', str(name.parent)])} && {command}"
        return (
            f'{name} is read by its path, so [modules] cannot provide it. For the file: --build-commands "{command}"; '
            "for an installation: its own settings, which run after these, with [project] local_settings = FILE."
        )

    def write_static(self, folder: Path, *command: str) -> Written:
        """Run collectstatic or compress for a folder.

        Raises:
            UserError: it failed.
        """
        answer = self.scratch / "written.json"
        answer.write_text('{"plain": [], "elsewhere": "", "unmigrated": {}, "commands": []}', encoding="utf-8")
        failed: UserError | None = None
        try:
            arguments = [str(answer), command[0], *self._options(), *command, "--dir", str(folder)]
            self._run("static", f"run {command[0]}", arguments)
        except UserError as error:
            failed = error
        found = json.loads(answer.read_text(encoding="utf-8"))
        if failed and not found["elsewhere"]:
            # The settings were imported; an app may need another package.
            step = missing_module.hint(failed.problem, self.project_folder)
            raise UserError(*failed.problems, hint="\n".join(filter(None, [step, failed.hint])))
        plain = [self.in_project(reason) for reason in found["plain"]]
        self.write_commands(found["commands"])
        return Written(plain, found["elsewhere"], self._places(found["unmigrated"]))

    def unmigrated(self) -> dict[str, str]:
        """Load the apps, and return those with models but no migrations, to their folders.

        Raises:
            UserError: they cannot be loaded.
        """
        answer = self.scratch / "apps.json"
        self._run("apps", "load the apps", [str(answer), *self._options(), "version"])
        found = json.loads(answer.read_text(encoding="utf-8"))
        self.write_commands(found["commands"])
        return self._places(found["unmigrated"])

    def write_commands(self, commands: list[dict[str, Any]]) -> None:
        """Put the management commands into the tree, for completion and man pages."""
        if commands:
            text = json.dumps(commands, separators=(",", ":"), sort_keys=True) + "\n"
            (self.site_packages / COMMANDS_FILE).write_text(text, encoding="utf-8")

    def _places(self, folders: dict[str, str]) -> dict[str, str]:
        return {label: self.in_project(folder) for label, folder in folders.items()}

    def in_project(self, text: str) -> str:
        """A text with the paths of staged files replaced by those in the project or the tree."""
        return text.replace(f"{self.project_folder}/", "").replace(f"{self.site_packages}/", "")

    def gzip(self, folder: Path) -> None:
        """Put a compressed file next to each file that gets smaller."""
        self._run("gzip", "compress the static files", [str(folder)])

    def forget_bytecode(self) -> None:
        """Let the next commands compile their imports, because sources may have changed."""
        if self.bytecode:
            shutil.rmtree(self.bytecode, ignore_errors=True)

    def _run(self, task: str, what: str, arguments: list[str]) -> None:
        program = in_process.__file__
        # The builder's shell environment must not influence the build.
        own = {name: text for name, text in os.environ.items() if name in _KEPT or name.startswith("LC_")}
        environment = {**own, "HOME": str(self.scratch), **self.variables}
        command = [self.python.executable, "-ISB", program, self.site_packages, self.bytecode or "", task, *arguments]
        process.run(command, what, folder=self.scratch, env=environment, hint=_SETTINGS_NEEDED)

    def _options(self) -> list[str]:
        """The environment: no configuration of this machine, a key for this build only, and no data."""
        nothing = self.scratch / "settings.ini"
        nothing.touch()
        settings = (
            f"settings.SECRET_KEY={_THROW_AWAY}",
            "settings.DEBUG=false",
            f"project.data_dir={self.scratch}/data",
            *self.settings,
        )
        config = self.config or nothing
        return ["--config", str(config), *(item for setting in settings for item in ("--set", setting))]


def throw_away_keys(manifest: Manifest) -> dict[str, str]:
    """Placeholders, for the build only, for required variables that are secret keys."""
    return {item.name: _THROW_AWAY for item in manifest.variables if item.is_required and "SECRET" in item.name}


def _shares_word(name: str, text: str) -> bool:
    """Whether a text contains the end of a variable's name, as SECRET_KEY of SHOP_SECRET_KEY."""
    words = name.split("_")
    return "_".join(words[-2:]).lower() in text.lower()
