"""Names and places that follow from the project's name, and paths that hold anywhere. Standard library only."""

from __future__ import annotations

import os
import sys

from django_pyz_runtime.errors import UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEM_CONFIGURATION = "/etc"
CONFIGURATION_FILE = "settings.ini"
MANIFEST_FILE = "__manifest__.json"
"""In site-packages (see manifest.py)."""
COMMANDS_FILE = "__commands__.json"
"""Beside it: the management commands with their options, for completion and man pages (see commands/manual.py)."""
SITE_PACKAGES = "site-packages"
"""Of an unpacked tree: the packages, and all else that is not the project's own."""
PROJECT_FOLDER = "__project__"
"""Where the project's own files lie in an unpacked tree: beside site-packages, as error trackers, profilers and
debuggers know other people's code by that name. In a tree that is being built it lies inside."""
_OF_THIS_PROCESS = ("/dev/fd/", "/dev/stdin", "/proc/self/", "/proc/thread-self/")
"""Paths that lead elsewhere in another process."""


def absolute(path: str, named_by: str = "") -> str:
    """The path, from the root, of what a path leads to now; it means the same in other folders and processes.

    Args:
        path: as somebody has written it. `..` behind a link leads to above the link's target.
        named_by: the option or variable that it is of, for the message.

    Raises:
        UserError: it starts from the current folder, which has been removed.
    """
    if path.startswith(_OF_THIS_PROCESS) and os.path.isfile(path):
        return os.path.realpath(path)
    try:
        whole = os.path.join(path if os.path.isabs(path) else os.getcwd(), path)
    except FileNotFoundError:
        raise UserError(
            f"{named_by} {path}: starts from the current folder, which has been removed",
            hint="Give an absolute path, or change to another folder.",
        ) from None
    usual = os.path.normpath(whole)
    is_same = ".." not in path or os.path.realpath(whole) == os.path.realpath(usual)
    return usual if is_same else whole


class Record:
    """Values with names, equal to others of the class with equal ones, for the modules that run before anything else.

    As typing.NamedTuple or a dataclass, whose modules take longer to import than the whole launcher.
    """

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


def env_prefix(name: str) -> str:
    """The prefix of a project's environment variables: PROJECT__ for the name project.

    A shell knows no names that begin with a digit; there is a _ before it then.
    """
    prefix = "".join(char if char.isalnum() else "_" for char in name.upper()) + "__"
    return f"_{prefix}" if prefix[0].isdigit() else prefix


class ConfigurationFile(Record):
    """Where the main configuration file is.

    Attributes:
        path: absolute path.
        named_by: what named it: "--config", the environment variable, or "" for a default place, which may be empty.
    """

    def __init__(self, path: str, named_by: str) -> None:
        self.path = path
        self.named_by = named_by


def find_configuration(name: str, given: str | None, environ: Mapping[str, str], uid: int) -> ConfigurationFile:
    """The main configuration file: `--config`, NAME__CONFIG, /etc/NAME, or the user's folder (never for root).

    Args:
        name: the project's name.
        given: the value of `--config`, if any.
        environ: the environment.
        uid: the user who runs.
    """
    variable = env_prefix(name) + "CONFIG"
    if given is not None:
        return ConfigurationFile(absolute(given, "--config"), "--config")
    if environ.get(variable):
        return ConfigurationFile(absolute(environ[variable], variable), variable)
    system = os.path.join(SYSTEM_CONFIGURATION, name, CONFIGURATION_FILE)
    folder = "" if uid == 0 or is_there(system) else user_folder("XDG_CONFIG_HOME", ".config", environ)
    return ConfigurationFile(os.path.join(folder, name, CONFIGURATION_FILE) if folder else system, "")


def is_there(path: str) -> bool:
    """Whether something exists at a path; True if unknown, so that reading it reports why."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return True
    return True


def user_folder(variable: str, default: str, environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """A folder of the user's by the XDG base directory specification, as platformdirs has it; "" without a home.

    Args:
        variable: the XDG variable that may name it.
        default: its place in the home folder, on Linux.
        environ: the environment.
        platform: as sys.platform.
    """
    chosen = environ.get(variable, "").strip()
    if chosen and os.path.isabs(chosen):
        return chosen
    home = os.path.expanduser("~")
    if home == "/" or not os.path.isabs(home) or not os.path.isdir(home):
        return ""
    if platform == "darwin":
        return os.path.join(home, "Library", "Caches" if default == ".cache" else "Application Support")
    return os.path.join(home, default)
