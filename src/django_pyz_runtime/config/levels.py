"""The levels of configuration: command line, environment, credentials, files, sealed values. Each yields `Value`s."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from django_pyz_runtime.boot import ini, trust
from django_pyz_runtime.boot.arguments import Arguments, Assignment
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.bundle.names import find_configuration, is_there
from django_pyz_runtime.bundle.services import SERVICES, TIMERS
from django_pyz_runtime.config.configuration import Configuration, Level, Value, merge
from django_pyz_runtime.config.options import OPEN_SECTIONS, SECTIONS
from django_pyz_runtime.errors import system_reason
from django_pyz_runtime.secrets import private_files
from django_pyz_runtime.secrets.recognise import shown_name
from django_pyz_runtime.texts import parse_json

INHERITED = "SET"
"""The suffix of the variable that passes the assignments of a command line to child processes, as JSON."""


def load(manifest: Manifest, arguments: Arguments, environ: Mapping[str, str], uid: int) -> Configuration:
    """Read every level. Nothing is raised: mistakes are among the problems of the result.

    The main file is read a second time here: the launcher has looked in it for the tree's location (boot.places),
    before there was a tree to import this from, and has not reported any problem of the file.

    Args:
        manifest: of the bundle.
        arguments: the command line.
        environ: the environment.
        uid: the user who runs.
    """
    reader = _Reader(environ, uid)
    file = find_configuration(manifest.name, arguments.config, environ, uid)
    present = is_there(file.path)
    reader.take_sealed(manifest.sealed)
    if present or file.named_by:
        reader.take_file(Path(file.path), Level.FILE, file.named_by)
    reader.take_fragments(Path(file.path).parent / "conf.d")
    reader.take_credentials()
    reader.take_environment(manifest.env_prefix)
    reader.take_inherited(manifest.env_prefix + INHERITED)
    reader.take_assignments(arguments.assignments)
    return merge(file, present, reader.values, reader.problems)


class _Reader:
    """Collects values and problems."""

    def __init__(self, environ: Mapping[str, str], uid: int) -> None:
        self.values: list[Value] = []
        self.problems: list[str] = []
        self._environ = environ
        self._uid = uid
        self._credentials = environ.get("CREDENTIALS_DIRECTORY", "")

    def take_sealed(self, sealed: Mapping[str, str]) -> None:
        """Level six: values sealed in at build time."""
        for name, text in sealed.items():
            section, _, key = name.partition(".")
            self.values.append(Value(section, key, text, Level.SEALED, "sealed at build time"))

    def take_file(self, path: Path, level: Level, named_by: str = "") -> None:
        """Levels four and five: a file, or the problem of reading it."""
        if os.path.realpath(path) == os.devnull:
            return
        try:
            trust.check_is_file(str(path))
            content = path.read_bytes()
            mode = path.stat().st_mode
            if mode & stat.S_IWOTH:
                closing = trust.closing_to_writers(str(path))
                self.problems.append(f"{path}: can be written by everyone ({trust.mode_text(mode)}): {closing}")
            else:
                trust.check_configuration(str(path), self._uid)
        except OSError as error:
            self.problems.append(_unreadable(path, error, named_by))
            return
        except trust.Untrusted as reason:
            self.problems.append(
                f"{path}: root does not use files that others could have written, and {reason}: "
                + (reason.mend or "let root alone write it, or run the command as that user")
            )
            return
        entries, problems = ini.read(content)
        self.problems += [f"{path}:{problem.line}: {problem.text}" for problem in problems]
        private = False
        for entry in entries:
            is_path = entry.section == "modules" and "@" not in entry.key
            text = os.path.join(path.parent, entry.text) if is_path else entry.text
            value = Value(entry.section, entry.key, text, level, f"{path}:{entry.line}")
            self._take(value)
            private |= value.is_secret and "@" not in value.key
        if private and mode & stat.S_IROTH:
            self.problems.append(
                f"{path}: holds a secret and can be read by everyone ({trust.mode_text(mode)}): "
                + trust.closing(str(path))
            )

    def take_fragments(self, folder: Path) -> None:
        """Level four: the files of a folder, in order."""
        for path in self._files_in(folder):
            if path.suffix == ".ini":
                self.take_file(path, Level.FRAGMENT)

    def _files_in(self, folder: Path, named_by: str = "") -> list[Path]:
        """The files of a folder, in order; none where it is not there or cannot be read, which is a problem."""
        try:
            return sorted(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            self.problems.append(_unreadable(folder, error, named_by))
            return []

    def _take(self, value: Value) -> None:
        """Take a value; `KEY@file` and `KEY@credential` name the place of the real one."""
        # The key of a timer is a command, which may have an address in it.
        key, _, where = (value.key, "", "") if value.section == TIMERS else value.key.partition("@")
        if where == "file" and not os.path.isabs(value.text):
            self.problems.append(value.problem("an absolute path"))
        elif where == "file":
            self._take_secret_file(value, key, Path(value.text))
        elif where == "credential":
            if self._credentials:
                self._take_secret_file(value, key, Path(self._credentials) / value.text)
            else:
                self.problems.append(
                    f"{value.source}: [{value.section}] {value.key}: wanted the credential {value.text!r}, "
                    "found no CREDENTIALS_DIRECTORY; systemd sets it where the unit has LoadCredential="
                )
        elif where:
            self.problems.append(
                f"{value.source}: [{value.section}] {shown_name(value.key)}: wanted KEY@file or KEY@credential"
            )
        else:
            self.values.append(value)

    def _take_secret_file(self, value: Value, key: str, path: Path) -> None:
        where = f"{value.source}: [{value.section}] {value.key}"
        try:
            trust.check_is_file(str(path))
            file = private_files.read(path)
            text = file.content.decode().rstrip("\r\n")
        except (OSError, ValueError) as error:
            self.problems.append(f"{where}: {_unreadable(path, error, '')}")
            return
        found = Value(value.section, key, text, max(value.level, Level.CREDENTIAL), f"{path}, named by {value.source}")
        must_be_closed = file.is_readable and found.is_secret
        closing = trust.closing(str(path)) if must_be_closed else trust.closing_to_writers(str(path))
        if file.is_writable:
            self.problems.append(f"{where}: {path} can be written by everyone: {closing}")
        elif must_be_closed:
            self.problems.append(f"{where}: {path} holds a secret and can be read by everyone: {closing}")
        self.values.append(found)

    def take_credentials(self) -> None:
        """Level three: files named SECTION.KEY in $CREDENTIALS_DIRECTORY."""
        folder = self._credentials
        for path in self._files_in(Path(folder), "CREDENTIALS_DIRECTORY") if folder else ():
            section, dot, key = path.name.partition(".")
            if dot and section in SECTIONS and path.suffix != ".ini":
                named = Value(section, key, str(path), Level.CREDENTIAL, "$CREDENTIALS_DIRECTORY")
                self._take_secret_file(named, key, path)

    def take_environment(self, prefix: str) -> None:
        """Level two: NAME__SECTION__KEY. Variables with other section names belong to the project."""
        for name, text in self._environ.items():
            section, separator, key = name.removeprefix(prefix).partition("__")
            if not name.startswith(prefix) or not separator or section.lower() not in SECTIONS:
                continue
            section = section.lower()
            if section in ("settings", "modules"):
                key = key.replace("__", ".")
            elif section not in OPEN_SECTIONS or section == SERVICES:
                key = key.lower()
            self._take(Value(section, key, text, Level.ENVIRONMENT, f"environment {name}"))

    def take_inherited(self, variable: str) -> None:
        """Level one, from the command line of a parent process."""
        try:
            inherited = parse_json(self._environ.get(variable, "[]"))
            self.take_assignments(tuple((str(option), str(text)) for option, text in inherited))
        except (ValueError, TypeError):
            self.problems.append(
                f"environment {variable}: wanted the value that a bundle passes to its child processes"
            )

    def take_assignments(self, assignments: tuple[Assignment, ...]) -> None:
        """Level one: the command line."""
        for option, assignment in assignments:
            name, equals, text = assignment.partition("=")
            section, dot, key = name.strip().partition(".")
            if not (equals and dot and key.strip()):
                found = repr(name) if equals else "no `=`"
                self.problems.append(f"{option}: wanted SECTION.KEY=VALUE, found {found}")
                continue
            source = f"{option} {name.strip()}" if option == "--set" else option
            self._take(Value(section, key.strip(), text.strip(), Level.COMMAND_LINE, source))


def _unreadable(path: Path, error: Exception, named_by: str) -> str:
    """Why a file cannot be read, with the user and the file's owner and mode."""
    because = f" (named by {named_by})" if named_by else ""
    if isinstance(error, PermissionError):
        return f"{path}{because}: user {trust.user_name(os.geteuid())} may not read it{trust.whose(str(path))}"
    return f"{path}{because}: {system_reason(error)}"
