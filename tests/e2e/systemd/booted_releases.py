"""Two releases of a small site that shows what is in force, takes its time, or hangs; they run on any Python."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.corpus.cases import Case, build
from tests.e2e.corpus.sources import Source
from tests.e2e.systemd.booted import Booted, booted
from tests.e2e.systemd.booted_roots import root_file_system
from tests.e2e.systemd.booted_site import BootedSite

_NAME = "flat"
_MARKS = f"/var/lib/{_NAME}"
HOLD = f"{_MARKS}/hold"
"""While this file is there, nobody gets past the import of the settings."""
HOLD_WORKERS = f"{_MARKS}/hold-workers"
"""The same for those that are to serve, but not for a try."""
LOADING = f"{_MARKS}/loading"
"""Made by those who are held up."""
FAILS = f"{_MARKS}/fails"
"""While this file is there, release two cannot be loaded."""
HOLD_REQUEST = f"{_MARKS}/hold-request"
"""While this file is there, no slow request is answered."""
SLOW = f"{_MARKS}/slow"
"""Made when a slow request has reached its view."""

_SETTINGS = f"""
import os, sys, time
while os.path.exists("{HOLD}") or (os.path.exists("{HOLD_WORKERS}") and "--check" not in sys.argv):
    open("{LOADING}", "w").close()
    time.sleep(0.05)
"""
_FAILING = f"""
if os.path.exists("{FAILS}"):
    raise RuntimeError("release two is broken")
"""
_URLS = f"""
import ctypes, os, time
from django.conf import settings
from django.http import HttpResponse

def release(request):
    return HttpResponse(" ".join(["@RELEASE@", os.environ.get("GREETING", "-"), settings.DEFAULT_FROM_EMAIL]))

def slow(request):
    open("{SLOW}", "w").close()
    while os.path.exists("{HOLD_REQUEST}"):
        time.sleep(0.05)
    return HttpResponse("slow @RELEASE@")

def hang(request):
    # As a C extension that never gives the interpreter's lock back.
    ctypes.PyDLL(None).sleep(600)

urlpatterns += [path("release/", release), path("slow/", slow), path("hang/", hang)]
"""
SETTINGS = "[serve]\nworkers = 2\n[env]\nGREETING = hello\n[settings]\nDEFAULT_FROM_EMAIL = a@example.org\n"
"""The configuration that a test begins with."""


class ReleaseSite(BootedSite):
    """The site on a booted machine.

    Args:
        machine: where it is.
        one: the file of release one.
        two: the file of release two.
    """

    def __init__(self, machine: Booted, one: Path, two: Path) -> None:
        super().__init__(machine, _NAME, _NAME)
        self.one = one
        self.two = two

    def begin(self) -> None:
        """Stop it; release one and its configuration are in place."""
        self.reset()
        self.replace(self.one)
        self.configure(SETTINGS)
        for mark in (HOLD, HOLD_WORKERS, LOADING, FAILS, HOLD_REQUEST, SLOW):
            self.machine.path(mark).unlink(missing_ok=True)

    def forget_the_other(self) -> None:
        """Remove the unpacked code of the release that is not running."""
        in_use = self.code
        for tree in self.machine.path(self.cache).iterdir():
            if f"/{tree.name}/" not in in_use:
                self.machine.succeed("rm", "--recursive", f"{self.cache}/{tree.name}")

    def shows(self) -> str:
        """What answers: the release, and two values of its configuration."""
        return self.get("/release/").text


@contextlib.contextmanager
def booted_releases(suite: str, bundles: Path) -> Iterator[ReleaseSite]:
    """The site on a machine of its own, set up with release one.

    Args:
        suite: code name of the machine's Debian release.
        bundles: the folder with the two releases.
    """
    one, two = bundles / "one", bundles / "two"
    with booted(root_file_system(suite)) as machine:
        site = ReleaseSite(machine, one, two)
        site.set_up(one)
        yield site


def build_one_and_two(checkout: Path, folder: Path) -> None:
    """Build both, with a checkout's build_pyz.py, as folder/one and folder/two."""
    _build(checkout, folder, "one", _SETTINGS)
    _build(checkout, folder, "two", _SETTINGS + _FAILING)


def _build(checkout: Path, folder: Path, release: str, settings: str) -> None:
    scratch = folder / f"project-{release}"
    scratch.mkdir()
    case = Case(Source(_NAME, "tree", f"tests/projects/{_NAME}"))
    project = case.source.make(scratch)
    for file, more in (("settings.py", settings), ("urls.py", _URLS.replace("@RELEASE@", release))):
        with (project / file).open("a") as opened:
            opened.write(more)
    build(case, checkout, project, folder / release)
