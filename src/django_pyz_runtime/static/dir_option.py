"""`collectstatic --dir DIR` and `compress --dir DIR`: the project's commands with one more option.

Imported after activation only.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import ManagementUtility, get_commands, load_command_class
from django.core.management.base import BaseCommand

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.static import elsewhere
from django_pyz_runtime.static.committed import add_committed


def before(name: str, act: Callable[[], None]) -> None:
    """Call `act` when Django looks up the command `name`, after setup."""
    utility: Any = ManagementUtility
    fetch = utility.fetch_command

    def act_and_fetch(self: Any, subcommand: str) -> Any:
        if subcommand == name:
            act()
        return fetch(self, subcommand)

    utility.fetch_command = act_and_fetch


def learn_dir(name: str, script: str, committed: Path | None, *, has_root: bool) -> None:
    """Replace a command by a subclass.

    `get_commands` may hold commands that are already loaded (django.core.management.ManagementUtility.fetch_command).

    Args:
        name: of the command; nothing happens where the project has no such command.
        script: how commands begin, for the hint.
        committed: collected files that are part of the project's source.
        has_root: whether a target folder is known.
    """
    commands: dict[str, Any] = get_commands()
    if name in commands:
        found = commands[name]
        original = load_command_class(found, name) if isinstance(found, str) else found
        attributes = {
            "command": name,
            "script": script,
            "has_root": has_root,
            "committed": committed if name == "collectstatic" else None,
            "__module__": type(original).__module__,
        }
        commands[name] = type("Command", (_WithDir, type(original)), attributes)()


class _WithDir(BaseCommand):
    """The option. Its value has become STATIC_ROOT before the settings were read."""

    command: str
    script: str
    has_root: bool
    committed: Path | None

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dir", metavar="DIR", help="Write to this folder instead of STATIC_ROOT.")

    def execute(self, *args: Any, **options: Any) -> str | None:
        folder = options.pop("dir", None)
        storage = elsewhere.storage_elsewhere(self.command)
        if folder and storage:
            raise UserError(
                f"{self.command} --dir {folder}: {storage} does not store static files in a folder",
                hint=f"Run `{self.script} {self.command}`, which uses that storage.",
            )
        if not (storage or self.has_root):
            raise UserError(
                f"{self.command}: wanted a target folder, as the static files inside the bundle are read-only",
                hint=f"Run `{self.script} {self.command} --dir DIR`, or set [static] root.",
            )
        said = super().execute(*args, **options)
        if self.committed and not storage and not options.get("dry_run"):
            add_committed(self.committed, Path(settings.STATIC_ROOT))
        return said
