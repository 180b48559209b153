"""What the tests share: a copy of this checkout as a git repository, and the sample built from it, once a session.

Also which tests run: all whose needs this machine meets but the long ones, or the fast ones, or all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import programs
from tests.sharing import made_once

# How long an example takes says nothing on a busy machine.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

CHECKOUT = Path(__file__).resolve().parent.parent
_MISSING = "missing"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --fast and --long."""
    parser.addoption("--fast", action="store_true", help="only tests that need no root, programs and minutes")
    parser.addoption("--long", action="store_true", help="also tests that are one more of a kind and take their time")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the module that takes longest come first, so that it runs beside all others, and choose."""
    items.sort(key=lambda item: item.path.name != "test_corpus.py")
    if config.getoption("--fast"):
        _choose(config, items, _is_fast)
    elif not config.getoption("--long"):
        _choose(config, items, lambda item: not item.get_closest_marker("long"))


def _choose(config: pytest.Config, items: list[pytest.Item], is_wanted: Callable[[pytest.Item], bool]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if not is_wanted(item)])
    items[:] = filter(is_wanted, items)


def _is_fast(item: pytest.Item) -> bool:
    """Whether a test runs within seconds on any machine: those in e2e say so, of all others those that do not."""
    marks = {mark.name for mark in item.iter_markers()}
    if "e2e" in item.path.parts:
        return "smoke" in marks
    return not marks & {"needs", "slow"} and "sample_bundle" not in getattr(item, "fixturenames", ())


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs what this machine does not have; in CI it fails, as nobody would read of it there."""
    missing = [need for mark in item.iter_markers("needs") for need in mark.args if not programs.is_here(need)]
    if not missing:
        return
    if os.environ.get("CI"):
        pytest.fail(f"needs {', '.join(missing)}", pytrace=False)
    item.user_properties.extend((_MISSING, need) for need in missing)
    pytest.skip(f"needs {', '.join(missing)}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was missing: a line each, with the number of tests and how to get it."""
    skipped = terminalreporter.stats.get("skipped", [])
    counts = Counter(need for report in skipped for name, need in report.user_properties if name == _MISSING)
    for need, count in sorted(counts.items()):
        tests = "1 test" if count == 1 else f"{count} tests"
        terminalreporter.write_line(f"{tests} skipped without {need}: {programs.how_to_get(need)}")


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one commit that holds this checkout as it is now, changes included."""
    return made_once(tmp_path_factory, "checkout", _copy_checkout) / "django-pyz"


def _copy_checkout(folder: Path) -> None:
    copy = folder / "django-pyz"
    listed = _git(CHECKOUT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (CHECKOUT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, copy / name)
    _git(copy, "init", "--quiet")
    _git(copy, "add", "--all")
    _git(copy, "-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "--message=Copy")


@pytest.fixture(scope="session")
def sample_bundle(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample project as one executable file, built by build_pyz.py as a user would."""

    def build(folder: Path) -> None:
        command = [sys.executable, str(checkout / "build_pyz.py"), "--output", str(folder / "project-script")]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO"))}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "sample", build) / "project-script"


def make_open_folder() -> Path:
    """Make a folder that every user may enter, unlike tmp_path, wherever this user's temporary files go."""
    places = (Path(place).resolve() for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"))
    place = next(place for place in places if all(folder.stat().st_mode & 0o001 for folder in (place, *place.parents)))
    folder = Path(tempfile.mkdtemp(dir=place))
    folder.chmod(0o755)
    return folder


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Such a folder, until the end of the test."""
    folder = make_open_folder()
    yield folder
    shutil.rmtree(folder)


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout
