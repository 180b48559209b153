"""Write docs/images/project-to-server.svg: the README's way from a project to a server, as it was seen in a real run.

`python -m tests.write_picture`, with src on PYTHONPATH, by root on Debian: it builds a project and boots a machine.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

from tests.documents import DOCS, Command, comparable
from tests.e2e.release.own_project import HOST, PAGES, Way, take_the_way

CHECKOUT = DOCS.parent
PICTURE = DOCS / "images" / "project-to-server.svg"
_WIDTH, _LINE, _PADDING = 720, 19, 16
_MOST_CHARACTERS = 84
_BAR = 30
_GAP = 58
_SECONDS_A_LINE = 0.3
_STYLE = """\
text { font: 12.5px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d6deeb; }
.window { fill: #0d1b2a; stroke: #33475b; }
.title { font-family: system-ui, sans-serif; font-weight: 600; fill: #9fb3c8; }
.dot { fill: #33475b; }
.typed { fill: #ffffff; font-weight: 600; }
.prompt, .good { fill: #4fd1a5; }
.page { fill: #7fb8ff; }
.arrow { stroke: #1f9d80; stroke-width: 2.5; fill: none; }
.file { fill: #1f9d80; }
.label { font-family: system-ui, sans-serif; font-weight: 600; fill: #ffffff; }
.line { animation: appear 0.3s both; }
@keyframes appear { from { opacity: 0; } }
@media (prefers-reduced-motion: reduce) { .line { animation: none; } }
"""


class Picture:
    """An SVG that is drawn from top to bottom; what is drawn appears in this order."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._height = 0
        self._shown = 0

    def window(self, title: str, lines: list[str]) -> None:
        """Draw a terminal.

        Args:
            title: above it.
            lines: what is in it, each as SVG's text.
        """
        height = _BAR + len(lines) * _LINE + _PADDING
        box = f'x="0.5" y="{self._height + 0.5}" width="{_WIDTH - 1}" height="{height}" rx="8"'
        self._parts.append(f'<rect class="window" {box}/>')
        dots = (f'<circle class="dot" cx="{16 + 16 * n}" cy="{self._height + 16}" r="5"/>' for n in range(3))
        self._parts += dots
        self._parts.append(f'<text class="title" x="70" y="{self._height + 20}">{escape(title)}</text>')
        for number, line in enumerate(lines):
            self._appear(f'<text x="{_PADDING}" y="{self._height + _BAR + 16 + number * _LINE}">{line}</text>')
        self._height += height + 1

    def arrow(self, label: str) -> None:
        """Draw the way down from one window to the next, with a file on it."""
        middle, top = _WIDTH // 2, self._height
        width = 9 * len(label) + 24
        parts = [
            f'<path class="arrow" d="M{middle} {top + 4}V{top + _GAP - 6}m-6 -7l6 7l6 -7"/>',
            f'<rect class="file" x="{middle - width // 2}" y="{top + 12}" width="{width}" height="26" rx="6"/>',
            f'<text class="label" x="{middle}" y="{top + 29}" text-anchor="middle">{escape(label)}</text>',
        ]
        self._appear("".join(parts))
        self._height += _GAP

    def _appear(self, part: str) -> None:
        self._shown += 1
        delay = f"animation-delay: {self._shown * _SECONDS_A_LINE:.2f}s"
        self._parts.append(f'<g class="line" style="{delay}">{part}</g>')

    def svg(self, title: str) -> str:
        """The picture as text."""
        size = f'viewBox="0 0 {_WIDTH} {self._height}" width="{_WIDTH}" height="{self._height}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
        return "\n".join(
            [head, f"<title>{escape(title)}</title>", f"<style>\n{_STYLE}</style>", *self._parts, "</svg>\n"]
        )


def draw(way: Way) -> str:
    """The picture of a run."""
    build, install, upgrade = way.said
    size = build[1].split(":")[1].split(",")[0].strip()
    picture = Picture()
    picture.window("Your machine", list(_typed("$", *build)))
    picture.arrow(f"shop.pyz, {size}")
    home, newer = (HOST + page for page in PAGES)
    lines = [*_typed("#", *install), _answers(home, way.pages_of_first[0]), ""]
    lines += [*_typed("#", *upgrade), _answers(newer, way.pages_of_second[1]) + ", a page of the new release"]
    picture.window("Server", lines)
    return picture.svg("From project to file to server: what the three commands print")


def _typed(prompt: str, command: Command, said: str) -> Iterator[str]:
    """A command and those lines of its output that the README shows, with what this run has put into them."""
    yield f'<tspan class="prompt">{prompt}</tspan> <tspan class="typed">{_cut(command.line, 2)}</tspan>'
    wanted = {comparable(line) for line in command.shown}
    yield from (_cut(line) for line in said.splitlines() if comparable(line) in wanted)


def _answers(page: str, status: int) -> str:
    return f'<tspan class="page">{page}</tspan> answers <tspan class="good">{status}</tspan>'


def _cut(text: str, used: int = 0) -> str:
    room = _MOST_CHARACTERS - used
    return escape(text if len(text) <= room else f"{text[: room - 1]}…")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        PICTURE.write_text(draw(take_the_way(Path(scratch), CHECKOUT)), encoding="utf-8")
