"""Places for the candidates to keep their files: one that stays, or a new and empty one for every first start."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

from benchmarks.commands import SYSTEM_PATH


class Homes:
    """Homes below one folder.

    None is deleted before the end: ext4 is slow to use inodes again that were freed a moment ago.

    Args:
        folder: where to make them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._kept: dict[str, Mapping[str, str]] = {}

    def kept(self, program: str) -> Mapping[str, str]:
        """The environment of the home that all warm runs of a program share."""
        if program not in self._kept:
            self._kept[program] = self.new()
        return self._kept[program]

    def new(self) -> Mapping[str, str]:
        """The environment of a home that nobody has used."""
        home = self._folder / f"{next(self._numbers):05d}"
        home.mkdir(parents=True)
        places = {
            "HOME": home,
            "CACHE_DIRECTORY": home / "cache",
            "STATE_DIRECTORY": home / "state",
            "SHIV_ROOT": home / "shiv",
            "PEX_ROOT": home / "pex",
        }
        return {"PATH": SYSTEM_PATH, "LANG": "C.UTF-8", **{name: str(place) for name, place in places.items()}}
