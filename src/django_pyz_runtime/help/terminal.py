"""Shows Markdown on a terminal, by the user's pager, and as plain text elsewhere."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator

_WIDEST = 88
_NARROWEST = 20
_CODE_INDENT = "    "
_PAGER_ENVIRONMENT = {"LESS": "FRX", "LV": "-c"}
"""As git has it: a text that fits the screen stays on it, and bold is bold."""


def show(markdown: str) -> None:
    """Print a text; on a terminal through $PAGER, else less, unless it is `cat` or empty.

    Raises:
        BrokenPipeError: whoever reads it has seen enough.
    """
    is_terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    width = max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST))
    text = as_text(markdown, width, is_bold=is_terminal and not os.environ.get("NO_COLOR"))
    if not (is_terminal and _page(text)):
        sys.stdout.write(text)


def _page(text: str) -> bool:
    """Show a text by a pager, and return whether there is one."""
    pager = shlex.split(os.environ.get("PAGER", "less"))
    if not pager or pager == ["cat"] or not shutil.which(pager[0]):
        return False
    sys.stdout.flush()
    with subprocess.Popen(pager, stdin=subprocess.PIPE, text=True, env={**_PAGER_ENVIRONMENT, **os.environ}) as process:
        try:
            process.communicate(text)
        except KeyboardInterrupt:
            # It is the pager's: there it ends a search.
            process.wait()
    return True


def as_text(markdown: str, width: int, *, is_bold: bool = False) -> str:
    """Markdown as text.

    Args:
        markdown: headings, paragraphs, lists and blocks of code.
        width: columns; lines of code stay as long as they are.
        is_bold: headings are, by escape sequences.
    """
    return "\n".join(_lines(markdown, width, is_bold)) + "\n"


def _lines(markdown: str, width: int, is_bold: bool) -> Iterator[str]:
    is_code = False
    for block in _blocks(markdown):
        if block.startswith("```"):
            is_code = not is_code
        elif is_code:
            yield _CODE_INDENT + block if block else ""
        elif block.startswith("#"):
            title = block.lstrip("# ")
            yield f"\033[1m{title}\033[0m" if is_bold else title
        else:
            indent = "  " if block.startswith("- ") else ""
            yield textwrap.fill(block, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _blocks(markdown: str) -> Iterator[str]:
    """Paragraphs and items of lists, each in one line; all else line by line."""
    pending = ""
    is_code = False
    for line in markdown.splitlines():
        is_fence = line.startswith("```")
        if pending and (is_fence or not line.strip() or re.match(r"- |#", line)):
            yield pending
            pending = ""
        if is_fence or is_code or not line.strip() or line.startswith("#"):
            yield line
        else:
            pending = f"{pending} {line.strip()}".strip()
        is_code ^= is_fence
    if pending:
        yield pending
