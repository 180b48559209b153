"""Homes for the candidates' files: a permanent one, or a new empty one for every first start."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

from benchmarks.commands import SYSTEM_PATH


class Homes:
    """Homes below one folder.

    None is deleted before the end: ext4 is slow to reuse recently freed inodes.

    Args:
        folder: where to create them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._kept: dict[str, Mapping[str, str]] = {}

    def kept(self, program: str) -> Mapping[str, str]:
        """The environment with the home shared by all warm runs of a program."""
        if program not in self._kept:
            self._kept[program] = self.new()
        return self._kept[program]

    def new(self) -> Mapping[str, str]:
        """The environment with an unused home."""
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
