"""A shell at a terminal: what is on a line after TAB."""

from __future__ import annotations

import os
import pty
import re
import select
import time
from collections.abc import Iterable
from pathlib import Path

from tests.waiting import DEADLINE_SECONDS


def completed_by_zsh(folder: Path, script: Path, program: str, lines: Iterable[str]) -> list[str]:
    """The lines that zsh would run, once TAB was pressed at the end of each.

    Args:
        folder: to be in.
        script: of the completion.
        program: the name of the command.
        lines: its words, without the name.
    """
    ready = (
        "unsetopt prompt_cr prompt_sp zle_bracketed_paste; autoload -U compinit; compinit -D -u; "
        f"source {script}; {program}() {{ print -r -- \"<$*>\" }}; print READ''Y\n"
    )
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(folder)
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb", "PS1": "", "HOME": str(folder)})
    try:
        _ask(terminal, ready, r"READY")
        return [_ask(terminal, f"{program} {line}\t\n", r"<(.*)>") for line in lines]
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)


def _ask(terminal: int, text: str, pattern: str) -> str:
    os.write(terminal, text.encode())
    return _read_until(terminal, pattern)


def _read_until(terminal: int, pattern: str) -> str:
    """Read until something is there, and return its first group, or all of it."""
    said, end = "", time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            said += os.read(terminal, 1 << 16).decode()
        if found := re.search(pattern, said):
            return found[1] if found.groups() else found[0]
    raise AssertionError(f"wanted {pattern}, found {said!r}")
