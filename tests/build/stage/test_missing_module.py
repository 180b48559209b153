"""The option that brings in a module that is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.stage.missing_module import hint
from tests.build.trees import write_tree

PYPROJECT = """\
[project]
name = "shop"
[project.optional-dependencies]
api = ["drf-spectacular>=0.27", "markdown"]
[dependency-groups]
dev = ["django-debug-toolbar", {include-group = "x"}]
x = []
[tool.poetry.group.work.dependencies]
ipython = "*"
"""


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("drf_spectacular", "Give --extras api."),
        ("drf_spectacular.views", "Give --extras api."),
        ("debug_toolbar", "Give --groups dev or --requirements requirements.txt --requirements requirements/dev.txt."),
        ("ipython", "Give --groups work."),
        ("whoever", "Install it with --extras, --groups or --requirements"),
    ],
)
def test_the_option_is_the_one_whose_list_names_the_package(tmp_path: Path, module: str, said: str) -> None:
    files = {"pyproject.toml": PYPROJECT, "requirements/dev.txt": "-r base.txt\ndjango_debug_toolbar==5\n# x\n"}
    root = write_tree(tmp_path, {**files, "requirements.txt": "Django\n"})

    found = hint(f"ModuleNotFoundError: No module named '{module}'", root, [Path("requirements.txt")])

    assert f"The module {module.partition('.')[0]} is not installed." in found
    assert said in found


@pytest.mark.parametrize("problem", ["ModuleNotFoundError: No module named 'shop.local'", "KeyError: 'X'"])
def test_what_is_the_project_s_own_is_no_package(tmp_path: Path, problem: str) -> None:
    assert hint(problem, write_tree(tmp_path, {"shop/__init__.py": ""})) == ""
