"""Answers `help`, `help TOPIC` and `help MESSAGE`."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.help import terminal
from django_pyz_runtime.help.library import Library, nearest_first

FOLDER = Path(__file__).parent
"""The topics and messages of the run wing."""
_SHOWN = 3


class Names(NamedTuple):
    """The names in the texts.

    Attributes:
        command: that gives this help, for the next step.
        script: the executable of the site; in the texts {script}.
        name: that of /etc/NAME; in the texts {name}.
    """

    command: str
    script: str = "project-script"
    name: str = "project"


def answer(words: Sequence[str], folders: Sequence[Path], names: Names) -> int:
    """Show the topics, one of them, or what is known of a message.

    Args:
        words: what is asked; `-`: a message on standard input.
        folders: of the texts (see django_pyz_runtime.help.library.Library).
        names: what the texts call things.

    Returns:
        The exit code.

    Raises:
        UserError: there is no such topic or message.
    """
    asked = (sys.stdin.read() if list(words) == ["-"] else " ".join(words)).strip()
    library = Library(folders)
    terminal.show(with_names(_page(asked, library, names), names.script, names.name))
    return 0


def _page(asked: str, library: Library, names: Names) -> str:
    if not asked:
        return _overview(library, names)
    if topic := library.topics.get(asked.lower()):
        return f"# {topic.title}\n\n{topic.text}"
    if entry := library.find(asked):
        return f"# {entry.title}\n\n{entry.text}"
    raise UserError(f"help: there is no topic or message {_shortened(asked)!r}", hint=_next_step(asked, library, names))


def _overview(library: Library, names: Names) -> str:
    longest = max(map(len, library.topics))
    topics = "\n".join(f"{name:<{longest}}  {topic.title}" for name, topic in sorted(library.topics.items()))
    return (
        f"# Topics: {names.command} TOPIC\n\n```\n{topics}\n```\n\n"
        f'What a message means, and what to do: `{names.command} "MESSAGE"`, or `-` for one on standard input.'
    )


def _next_step(asked: str, library: Library, names: Names) -> str:
    if near := nearest_first(asked.lower(), library.topics):
        return f"Did you mean {' or '.join(near)}? `{names.command}` lists the topics."
    if entries := library.near(asked, _SHOWN):
        return "\n".join(["Did you mean:", *(f'  {names.command} "{entry.title}"' for entry in entries)])
    return f"`{names.command}` lists the topics."


def _shortened(text: str) -> str:
    first, _, rest = text.partition("\n")
    return first[:80] + ("..." if rest or len(first) > 80 else "")


def with_names(text: str, script: str, name: str) -> str:
    """A text with the names of a site; other braces stay, and comments beside commands stay in one column."""
    named = text.replace("{script}", script).replace("{name}", name)
    return re.sub(r"(?ms)^```\w*\n.*?^```$", lambda block: _aligned(block[0]), named)


def _aligned(block: str) -> str:
    lines = [re.split(r" {2,}(?=# )", line) for line in block.splitlines()]
    column = max((len(command) for command, *comment in lines if comment), default=0) + 2
    return "\n".join(f"{line[0]:<{column}}{line[1]}" if line[1:] else line[0] for line in lines)
