"""The distribution: an sdist with all of the checkout, and a wheel with both wings and the command."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest

import django_pyz
from django_pyz.cli import tool_parser
from django_pyz.manual import shared_files
from tests.conftest import CHECKOUT

pytestmark = pytest.mark.slow

REPOSITORY = "https://forge.example/owner/name"


@dataclass(frozen=True)
class Distribution:
    """What a release consists of."""

    sdist: Path
    wheel: Path

    def metadata(self) -> Message:
        """The wheel's."""
        with zipfile.ZipFile(self.wheel) as archive:
            [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            return email.message_from_bytes(archive.read(name))


def run(*command: str | Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command, with the variables of this process but those of a workflow and of Python."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("GITHUB_", "PYTHON", "DJANGO"))}
    return subprocess.run(command, cwd=folder, env={**kept, **environment}, capture_output=True, text=True)


@pytest.fixture(scope="module")
def distribution(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    """Built from a clean checkout as .github/workflows/release.yml does: the wheel from the unpacked sdist."""
    folder = tmp_path_factory.mktemp("distribution")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
    server, _, name = REPOSITORY.partition("/owner")
    done = run(*command, folder=checkout, GITHUB_SERVER_URL=server, GITHUB_REPOSITORY=f"owner{name}")
    assert done.returncode == 0, done.stdout + done.stderr
    [sdist], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return Distribution(sdist, wheel)


def test_the_files_have_the_version_in_their_names(distribution: Distribution) -> None:
    name = f"django_pyz-{django_pyz.__version__}"
    assert distribution.sdist.name == f"{name}.tar.gz"
    assert distribution.wheel.name == f"{name}-py3-none-any.whl"


def test_the_wheel_holds_every_file_of_both_wings_and_nothing_else(distribution: Distribution) -> None:
    source = CHECKOUT / "src"
    wings = [source / "django_pyz", source / "django_pyz_runtime"]
    files = {path.relative_to(source).as_posix() for wing in wings for path in wing.rglob("*.*") if path.is_file()}
    with zipfile.ZipFile(distribution.wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    inside = {name for name in inside if ".data/" not in name}
    assert inside == {name for name in files if not {"__pycache__", "share"} & set(name.split("/"))}


def test_completion_and_the_man_page_are_installed_below_share(distribution: Distribution) -> None:
    with zipfile.ZipFile(distribution.wheel) as archive:
        shared = {name.partition(".data/data/share/")[2] for name in archive.namelist() if ".data/" in name}
    assert shared == set(shared_files(tool_parser()))


def test_the_sdist_holds_every_file_of_the_checkout(distribution: Distribution, checkout: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, check=True, capture_output=True, text=True)
    with tarfile.open(distribution.sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert inside == {*filter(None, tracked.stdout.split("\0")), "PKG-INFO"}


@pytest.mark.parametrize("program", [["twine", "check", "--strict"], ["check_wheel_contents"]], ids=lambda p: p[0])
def test_the_checkers_have_no_complaint(distribution: Distribution, program: list[str]) -> None:
    files = [distribution.wheel, *([distribution.sdist] if "twine" in program else [])]
    # Settings of check-wheel-contents lie in pyproject.toml.
    done = run(sys.executable, "-m", *program, *files, folder=CHECKOUT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_addresses_are_those_of_the_repository_that_builds(distribution: Distribution) -> None:
    metadata = distribution.metadata()
    labelled = dict(text.split(", ") for text in metadata.get_all("Project-URL") or [])
    tag = f"v{django_pyz.__version__}"
    assert labelled == {
        "Documentation": f"{REPOSITORY}/tree/{tag}/docs",
        "Source": REPOSITORY,
        "Changelog": f"{REPOSITORY}/blob/{tag}/CHANGELOG.md",
        "Issues": f"{REPOSITORY}/issues",
        "Security": f"{REPOSITORY}/security/policy",
    }
    readme = metadata.get_payload()
    assert isinstance(readme, str)
    assert f"]({REPOSITORY}/blob/{tag}/CHANGELOG.md)" in readme


def test_a_build_elsewhere_names_no_repository() -> None:
    program = (
        "import runpy; hook = runpy.run_path('.ci/addresses.py')['Addresses']('.', {}); "
        "metadata = {'version': '1'}; "
        "hook.update(metadata); print(metadata['urls'], metadata['readme']['text'] == open('README.md').read())"
    )
    done = run(sys.executable, "-c", program, folder=CHECKOUT)
    assert (done.stdout, done.stderr) == ("{} True\n", "")


@pytest.fixture(scope="module")
def command(distribution: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of the wheel, installed into an environment with nothing else."""
    environment = tmp_path_factory.mktemp("bare")
    venv.create(environment)
    programs = environment / "bin"
    install = ["-m", "uv", "pip", "install", "--quiet", "--python", str(programs / "python"), str(distribution.wheel)]
    done = run(sys.executable, *install, folder=environment)
    assert done.returncode == 0, done.stderr
    return programs / "django-pyz"


def test_the_installed_command_works_from_any_folder(command: Path, tmp_path: Path) -> None:
    done = run(command, "build", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "wanted a Django project, found no manage.py here or up to two folders below" in done.stderr


def test_the_installed_command_builds_a_project_that_runs(command: Path, tmp_path: Path) -> None:
    built = run(command, "build", CHECKOUT / "tests/projects/flat", "--output", "flat", folder=tmp_path)
    assert built.returncode == 0, built.stderr
    places = {f"{kind}_DIRECTORY": str(tmp_path / kind.lower()) for kind in ("CACHE", "STATE")}
    checked = run(tmp_path / "flat", "check", folder=tmp_path, **places)
    assert (checked.returncode, checked.stdout) == (0, "System check identified no issues (0 silenced).\n")
    said = run(tmp_path / "flat", "pyz", "info", folder=tmp_path, **places).stdout
    assert f"built by        django-pyz {django_pyz.__version__}\n" in said
