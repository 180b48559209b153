"""`collectstatic --dir DIR` and `compress --dir DIR`: the commands that the project would have run, taught one option.

Imported after activation only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import ManagementUtility, get_commands, load_command_class
from django.core.management.base import BaseCommand

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.static.committed import add_committed


def learn_dir(name: str, script: str, committed: Path | None, *, has_root: bool) -> None:
    """Let a command have a subclass of it in its place, once Django is set up and looks for it.

    `get_commands` may hold commands that are already loaded (django.core.management.ManagementUtility.fetch_command).

    Args:
        name: of the command; nothing happens where the project has no such command.
        script: the program's name, for the hint.
        committed: collected files that are part of the project's source.
        has_root: whether it is known where to write.
    """
    utility: Any = ManagementUtility
    fetch = utility.fetch_command

    def learn_and_fetch(self: Any, subcommand: str) -> Any:
        if subcommand == name:
            _learn(name, script, committed, has_root)
        return fetch(self, subcommand)

    utility.fetch_command = learn_and_fetch


def _learn(name: str, script: str, committed: Path | None, has_root: bool) -> None:
    commands: dict[str, Any] = get_commands()
    if name in commands:
        found = commands[name]
        original = load_command_class(found, name) if isinstance(found, str) else found
        attributes = {
            "refusal": None if has_root else _refusal(name, script),
            "committed": committed if name == "collectstatic" else None,
            "__module__": type(original).__module__,
        }
        commands[name] = type("Command", (_WithDir, type(original)), attributes)()


def _refusal(name: str, script: str) -> UserError:
    return UserError(
        f"{name}: wanted a folder to write to, as the static files inside the bundle cannot change",
        hint=f"Run `{script} {name} --dir DIR`, or set [static] root.",
    )


class _WithDir(BaseCommand):
    """The option. Its value has become STATIC_ROOT before the settings were read."""

    refusal: UserError | None
    committed: Path | None

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dir", metavar="DIR", help="Write to this folder instead of STATIC_ROOT.")

    def execute(self, *args: Any, **options: Any) -> str | None:
        options.pop("dir", None)
        if self.refusal:
            raise self.refusal
        said = super().execute(*args, **options)
        if self.committed and not options.get("dry_run"):
            add_committed(self.committed, Path(settings.STATIC_ROOT))
        return said
