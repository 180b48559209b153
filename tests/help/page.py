"""docs/reference/troubleshooting.md, made from the entries of both wings; tests.write_etc writes it."""

from __future__ import annotations

from pathlib import Path

from django_pyz_runtime.help.answer import Names, with_names
from django_pyz_runtime.help.library import Library

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = CHECKOUT / "docs" / "reference" / "troubleshooting.md"
BUILD_WING = CHECKOUT / "src" / "django_pyz" / "help"
RUN_WING = CHECKOUT / "src" / "django_pyz_runtime" / "help"
_HEAD = """# Troubleshooting by message

Search this page for words of your message; `...` stands for names, paths and numbers. The same help works offline:

```
project-script pyz help "MESSAGE"
django-pyz help "MESSAGE"
```
"""


def page() -> str:
    """The page, in Markdown. Each entry has a heading, and so an anchor."""
    parts = [_HEAD]
    for title, folder in (("Messages of a site", RUN_WING), ("Messages of a build", BUILD_WING)):
        parts.append(f"## {title}\n")
        for entry in sorted(Library([folder]).entries):
            messages = "\n".join(f"- `{message}`" for message in entry.messages)
            parts.append(f"### {entry.title}\n\n{messages}\n\n{entry.text}\n")
    sample = Names("")
    return with_names("\n".join(parts), sample.script, sample.name)
