"""The files for GitHub and for pre-commit do what a contributor does: the same commands, with the least rights."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.__main__ import CHECKS
from tests.conftest import CHECKOUT

WORKFLOWS = sorted((CHECKOUT / ".github/workflows").glob("*.yml"))
FORMS = sorted(
    set((CHECKOUT / ".github/ISSUE_TEMPLATE").glob("*.yml")) - {CHECKOUT / ".github/ISSUE_TEMPLATE/config.yml"}
)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def workflow(request: pytest.FixtureRequest) -> Any:
    """A workflow."""
    return read(request.param)


def test_a_workflow_may_only_read(workflow: Any) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert [name for name, job in workflow["jobs"].items() if "permissions" in job and name != "publish"] == []


def test_the_actions_that_a_workflow_uses_are_pinned(workflow: Any) -> None:
    used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name)] == []


def test_a_workflow_has_time_limits(workflow: Any) -> None:
    assert [name for name, job in workflow["jobs"].items() if "timeout-minutes" not in job] == []


def test_a_release_is_built_once_used_and_then_published_by_the_only_job_with_an_identity() -> None:
    release = read(CHECKOUT / ".github/workflows/release.yml")
    # YAML reads a bare "on" as true.
    assert release[True] == {"push": {"tags": ["v*"]}}
    jobs = release["jobs"]
    assert [(name, job.get("needs")) for name, job in jobs.items()] == [
        ("build", None),
        ("test", "build"),
        ("publish", "test"),
    ]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert [name for name, job in jobs.items() if "-m build" in str(job)] == ["build"]
    used = [step["uses"].partition("@")[0] for step in jobs["publish"]["steps"]]
    assert used == ["actions/download-artifact", "pypa/gh-action-pypi-publish"]
    assert "secrets." not in str(release)


def test_every_supported_python_is_tried_with_the_locked_django() -> None:
    matrix = read(CHECKOUT / ".github/workflows/tests.yml")["jobs"]["fast"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]
    release = read(CHECKOUT / ".github/workflows/release.yml")
    assert release["jobs"]["test"]["strategy"]["matrix"]["python"] == matrix["python"]
    locked = re.findall(r"^django==(\d+\.\d+)", (CHECKOUT / "tests/requirements.txt").read_text(), re.MULTILINE)
    assert set(locked) <= set(matrix["django"])
    assert [item for item in matrix["exclude"] if item["django"] in locked] == []


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_for_something_that_must_be_said(path: Path) -> None:
    form = read(path)
    assert form["name"]
    assert form["description"]
    assert any(field.get("validations", {}).get("required") for field in form["body"])


def test_the_hooks_are_the_checks_and_install_nothing() -> None:
    hooks = [hook for repo in read(CHECKOUT / ".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    run = [hook["entry"].removeprefix("python3 -m tests --run ") for hook in hooks]
    assert run == [check.removesuffix(" --check") for check in CHECKS]
