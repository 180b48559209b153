"""The state of an upgrade or rollback that is under way, was interrupted, or went back, for `pyz status`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.upgrade.host import Host
from django_pyz_runtime.release.upgrade.journal import Note


class Left(NamedTuple):
    """An unfinished upgrade or rollback.

    Attributes:
        what: "upgrade" or "rollback".
        to: the build id of its new release.
        step: its next step.
        is_busy: whether it is still under way.
        in_force: the build id of the active executable; "" if it cannot be read.
        backup: the path of its backup; "" for none.
        next_command: continues it; "" while it is under way.
        line: all of this, for people.
    """

    what: str
    to: str
    step: str
    is_busy: bool
    in_force: str
    backup: str
    next_command: str
    line: str


def left_over(bundle: Bundle) -> Left | None:
    """The unfinished upgrade or rollback of an installed executable; None if there is none.

    Args:
        bundle: this one.
    """
    root = root_of(bundle)
    if root is None:
        return None
    host = Host(bundle, root, None)
    note = host.journal.read()
    if note is None:
        return None
    is_busy = host.is_busy()
    try:
        in_force = host.in_force()
    except UserError:
        in_force = ""
    command = "" if is_busy else next_command(host, note)
    line = _line(note, in_force, command)
    return Left(note.what, note.to, note.step, is_busy, in_force, note.backup, command, line)


def root_of(bundle: Bundle) -> Path | None:
    """The root of the machine on which this executable is installed or kept; None for another file."""
    program = bundle.executable
    places = ("usr/bin", f"usr/lib/{bundle.manifest.name}/releases/{bundle.build_id}")
    for place in places:
        if str(program.parent).endswith(f"/{place}"):
            return Path(str(program.parent).removesuffix(place))
    return None


def next_command(host: Host, note: Note, *more: str, program: str = "") -> str:
    """The command that continues an upgrade or a rollback.

    Args:
        host: the host.
        note: the upgrade or rollback.
        more: additional options.
        program: the executable; "" for the one that is kept or active.
    """
    if note.what == "rollback":
        words = [program or str(host.program), "pyz", "rollback", note.to[:12]]
    else:
        kept = host.release(note.to).program
        # Before it is kept, there is only the file that the upgrade was started from.
        words = [program or (str(kept) if kept.is_file() else note.file), "pyz", "upgrade"]
    words += [*note.options, *more]
    words += [] if host.root == Path("/") else ["--root", str(host.root)]
    return " ".join(shlex.quote(_plain(word)) for word in words)


def _line(note: Note, in_force: str, command: str) -> str:
    at = f"{note.what} to {note.to[:12]}"
    force = f"{in_force[:12] or 'an unreadable executable'} is active"
    if not command:
        return f"{at}: under way, at the step {_plain(note.step)}; {force}"
    how = (
        f"went back after the step {_plain(note.failed)} failed"
        if note.failed
        else f"interrupted at {_plain(note.step)}"
    )
    backup = f"; the backup is in {_plain(note.backup)}" if note.backup else ""
    paused = "; requests are answered with 503 until then" if note.gates else ""
    return f"{at}: {how}; {force}{backup}{paused}. Continue with: `{command}`"


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
