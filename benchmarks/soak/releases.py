"""Two releases of the sample that differ in one word, swapped as an operator would."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from benchmarks.candidates import Candidates
from benchmarks.commands import tell
from benchmarks.load import ask
from benchmarks.soak.kinds import SLOW_PATH, SLOW_SECONDS

NAMES = ("one", "two")
_PATH = "/release/"
_VIEWS = f"""

import time


def _slow(request):
    time.sleep({SLOW_SECONDS})
    return HttpResponse("slow")


urlpatterns.append(path("{SLOW_PATH[1:]}", _slow))
urlpatterns.append(path("{_PATH[1:]}", lambda request: HttpResponse("{{name}}")))
"""


def build(candidates: Candidates, folder: Path) -> dict[str, Path]:
    """Build both releases.

    Args:
        candidates: of the sample, whose source is changed.
        folder: an empty one.

    Returns:
        The files, by the release's name.
    """
    urls = candidates.project.source / "myproj" / "urls.py"
    before = urls.read_text(encoding="utf-8")
    files = {}
    for name in NAMES:
        tell(f"building release {name}")
        urls.write_text(before + _VIEWS.format(name=name), encoding="utf-8")
        files[name] = folder / f"{name}.pyz"
        candidates.build_ours_with_uv(files[name])
    return files


class Program:
    """The served file, which holds one release at a time.

    Args:
        path: of the file.
        releases: files to copy there, by the release's name; the first one is there at once.
    """

    def __init__(self, path: Path, releases: Mapping[str, Path]) -> None:
        self.path = path
        self._releases = releases
        self._names = itertools.cycle(releases)
        self.put_next()

    def put_next(self) -> str:
        """Rename the other release into place, and return its name."""
        name = next(self._names)
        new = self.path.with_name(f".{self.path.name}.new")
        shutil.copy(self._releases[name], new)
        os.replace(new, self.path)
        return name


def served_on(port: int) -> str:
    """The name of the release that answers.

    Raises:
        BenchmarkError: none answers.
    """
    return ask(port, _PATH).decode()
