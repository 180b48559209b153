"""The documents whose commands are run: README.md and docs/."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.conftest import CHECKOUT

README = CHECKOUT / "README.md"
DOCS = CHECKOUT / "docs"
DEPLOY = DOCS / "how-to" / "deploy.md"
TYPED = [
    README,
    DOCS / "index.md",
    *sorted(DOCS.glob("reference/*.md")),
    *sorted(DOCS.glob("explanation/*.md")),
    DEPLOY,
]
"""Those whose commands are typed one after the other, in this order, on one machine."""


@dataclass(frozen=True)
class Command:
    """A command of a document and the lines that it shows as its output.

    Attributes:
        line: what is typed.
        shown: below it.
        needs_systemd: whether its prompt is #, root's on a machine with systemd; else it is $.
    """

    line: str
    shown: list[str] = field(default_factory=list)
    needs_systemd: bool = False

    @property
    def serves(self) -> bool:
        """Whether it goes on until it is stopped."""
        return "runserve" in self.line or "--run" in self.line

    def missing_from(self, output: str) -> list[str]:
        """The lines shown that an output does not have; numbers may differ."""
        printed = {comparable(line) for line in output.splitlines()}
        return [line for line in self.shown if comparable(line) not in printed]


def comparable(line: str) -> str:
    """A line with every number and build id made the same: times, sizes and process ids differ."""
    named = re.sub(r"\b(?=[a-f]*\d)[0-9a-f]{12,64}\b", "ID", line.rstrip())
    return re.sub(r"\d[\d.,]*", "0", named)


def commands(text: str) -> list[Command]:
    """The commands of a document's console blocks."""
    blocks = re.findall(r"^```console\n([$#] .*?)^```", text, re.MULTILINE | re.DOTALL)
    return [command for block in blocks for command in commands_of_block(block)]


def commands_of_block(block: str) -> list[Command]:
    """The commands of one console block."""
    found: list[Command] = []
    for line in block.splitlines():
        if line.startswith(("$ ", "# ")):
            found.append(Command(line[2:], needs_systemd=line.startswith("#")))
        else:
            found[-1].shown.append(line)
    return found


def steps(text: str) -> list[list[str]]:
    """The commands of each step that a document numbers, in its headings of the second level."""
    found: list[list[str]] = []
    for part in re.split(r"^(?=## )", text, flags=re.MULTILINE):
        if part.startswith(f"## {len(found) + 1}. "):
            found.append([command.line for command in commands(part)])
    return found
