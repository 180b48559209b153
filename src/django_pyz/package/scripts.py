"""Assembles the scripts that a package manager runs from the folder `scripts`."""

from __future__ import annotations

import re
from pathlib import Path

from django_pyz.pack.head import interpreter
from django_pyz.package.contents import Staged

_FOLDER = Path(__file__).parent / "scripts"
_PARTS = {
    "deb": {
        "preinst": ("before_unpacking",),
        "postinst": ("after_unpacking", "deb_enable"),
        "prerm": ("before_removal",),
        "postrm": ("after_removal",),
    },
    "rpm": {
        "pre": ("before_unpacking",),
        "post": ("after_unpacking", "rpm_enable"),
        "preun": ("before_removal",),
        "postun": ("after_removal",),
    },
}
"""By kind of package, the parts of each script, after the common start and before its own part."""


def scripts(kind: str, staged: Staged) -> dict[str, str]:
    """The scripts of a package by their names.

    Args:
        kind: "deb" or "rpm".
        staged: the file.
    """
    return {
        name: _fill("".join(map(_read, ["site", f"{kind}_systemd", *parts, f"{kind}_{name}"])), staged)
        for name, parts in _PARTS[kind].items()
    }


def _read(part: str) -> str:
    return (_FOLDER / f"{part}.sh").read_text(encoding="utf-8")


def _fill(text: str, staged: Staged) -> str:
    values = {
        "NAME": staged.manifest.name,
        "SCRIPT": staged.manifest.script,
        "USER": staged.user,
        "UNITS": " ".join(staged.unit_names),
        "PYTHON": interpreter(staged.manifest),
    }
    return re.sub("@([A-Z]+)@", lambda mark: values[mark[1]], text)
