"""A release has one name: tag, version and changelog agree."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import django_pyz
from tests.conftest import CHECKOUT

CHECK_TAG = ".ci/check_tag.py"
TAG = f"v{django_pyz.__version__}"
CHANGELOG = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
GROUPS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]

Check = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what is compared."""
    for name in (CHECK_TAG, "CHANGELOG.md", "src/django_pyz/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def check(copy: Path) -> Check:
    """Compares a tag with the copy."""

    def check(tag: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, copy / CHECK_TAG, tag], capture_output=True, text=True)

    return check


def test_tag_version_and_changelog_agree(check: Check) -> None:
    done = check(TAG)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_tags_of_this_commit_name_its_version() -> None:
    # Neither a shallow clone nor an unpacked sdist has tags.
    done = subprocess.run(["git", "tag", "--points-at", "HEAD", "v*"], cwd=CHECKOUT, capture_output=True, text=True)
    assert set(done.stdout.split()) <= {TAG}


@pytest.mark.parametrize("tag", ["v1.0.0b99", "1.0.0b1", "v"])
def test_another_tag_is_refused_and_each_place_is_named(check: Check, tag: str) -> None:
    done = check(tag)
    assert (done.returncode, done.stdout) == (1, "")
    version = django_pyz.__version__
    assert f"src/django_pyz/__init__.py has {version}, CHANGELOG.md has {version}\n" in done.stderr


def test_a_version_that_the_changelog_does_not_have_is_refused(check: Check, copy: Path) -> None:
    text = CHANGELOG.replace(f"## [{django_pyz.__version__}]", "## [0.9]")
    (copy / "CHANGELOG.md").write_text(text, encoding="utf-8")
    done = check(TAG)
    assert (done.returncode, done.stdout) == (1, "")
    assert "CHANGELOG.md has 0.9\n" in done.stderr


def test_the_changelog_has_the_form_of_keep_a_changelog() -> None:
    headings = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert [text for text in headings[1:] if not re.fullmatch(r"\[\d+\.\d+\.\d+\w*\] - \d{4}-\d\d-\d\d", text)] == []
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= set(GROUPS)
    assert [line for line in CHANGELOG.splitlines() if line.startswith(" ")] == [], "wanted one line a change"


def test_both_wings_are_told_to_have_types() -> None:
    assert [
        wing for wing in ("django_pyz", "django_pyz_runtime") if not (CHECKOUT / "src" / wing / "py.typed").exists()
    ] == []


def test_the_classifiers_name_what_the_workflow_tries() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    workflow = (CHECKOUT / ".github/workflows/tests.yml").read_text(encoding="utf-8")
    for name, prefix in (("python", "Programming Language :: Python :: "), ("django", "Framework :: Django :: ")):
        [listed] = re.findall(rf"^ +{name}: \[(.*)\]$", workflow, re.MULTILINE)
        versions = re.findall(r"\d+\.\d+", listed)
        found = [text.removeprefix(prefix) for text in project["classifiers"] if text.startswith(prefix)]
        assert [text for text in found if re.fullmatch(r"\d+\.\d+", text)] == versions
