"""The tutorial and the how-to pages as a test reads them: blocks, and what a comment before a block says of it.

A comment stands before each console block:

- `<!-- tested: machine -->`: run on a booted machine, lines with `# ` as root there, lines with `$ ` outside of it;
- `<!-- tested: here -->`: run as the current user, with a bundle named `shop`;
- `; exit codes 0, 1` at its end: these are good;
- `<!-- not tested: REASON -->`.

A block with a title is a file: it is written before the commands that follow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.documents import DOCS, Command, commands_of_block, comparable

MACHINE, HERE = "machine", "here"
_TESTED_ELSEWHERE = ("completion.md", "deploy.md")
_BLOCK = re.compile(
    r"^(?:<!-- (?P<comment>[^\n]*?) -->\n\n)?```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A block of a page.

    Attributes:
        language: of it.
        title: the file that it shows; "" where it shows none.
        text: what is in it.
        comment: what stands before it.
    """

    language: str
    title: str
    text: str
    comment: str

    @property
    def where(self) -> str:
        """Where its commands are run; "" where they are not."""
        found = re.fullmatch(r"tested: (\w+)(?:; exit codes [\d, ]+)?", self.comment)
        return found[1] if found else ""

    @property
    def codes(self) -> tuple[int, ...]:
        """The exit codes that are good for its commands."""
        _, _, codes = self.comment.partition("; exit codes ")
        return tuple(int(code) for code in codes.split(", ")) if codes else (0,)

    @property
    def commands(self) -> list[Command]:
        """Its commands, with what the page shows of their output; those with the prompt # are root's."""
        return commands_of_block(self.text)


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        path: its file.
    """

    path: Path

    @property
    def name(self) -> str:
        """Its path below docs, without suffix."""
        return str(self.path.relative_to(DOCS).with_suffix(""))

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    def blocks(self) -> list[Block]:
        """Its blocks, in their order."""
        return [
            Block(found["language"], found["title"] or "", found["text"], found["comment"] or "")
            for found in _BLOCK.finditer(self.text)
        ]

    def is_run(self, where: str) -> bool:
        """Whether any of its blocks is run there."""
        return any(block.where == where for block in self.blocks())


def pages() -> list[Page]:
    """The tutorial and the how-to pages that are tested here."""
    paths = [*(DOCS / "tutorial").glob("*.md"), *(DOCS / "how-to").glob("*.md")]
    return [Page(path) for path in sorted(paths) if path.name not in _TESTED_ELSEWHERE]


def missing_lines(shown: list[str], printed: str) -> list[str]:
    """The lines that a page shows and a command has not printed; numbers, times and ids may differ."""
    found = {_comparable(line) for line in printed.splitlines()}
    return [line for line in shown if _comparable(line) not in found]


def _comparable(line: str) -> str:
    """The same, but for the width of columns, which numbers change."""
    return re.sub(r" {2,}", "  ", comparable(line))


def with_lines(settings: str, lines: str) -> str:
    """A settings.ini with the lines of another one below its sections, in the place of those with the same key."""
    section = ""
    for line in lines.splitlines():
        if line.startswith("["):
            section = line
            if section not in settings.splitlines():
                settings += f"\n{section}\n"
        elif line:
            key = line.partition("=")[0]
            settings = re.sub(rf"(?m)^{re.escape(key)}=.*\n", "", settings)
            before, found, after = f"\n{settings}".partition(f"\n{section}\n")
            settings = f"{before}{found}{line}\n{after}".removeprefix("\n")
    return settings
