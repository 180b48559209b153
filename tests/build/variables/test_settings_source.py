"""Which files make up a project's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.variables.settings_source import modules
from tests.build.trees import write_tree


def _names(root: Path, files: dict[str, str], settings: str = "shop.settings") -> list[str]:
    write_tree(root, files)
    return [module.name for module in modules(settings, [root])]


def test_a_single_module_comes_with_the_package_above_it(tmp_path: Path) -> None:
    files = {"shop/__init__.py": "", "shop/settings.py": "import os\nimport django\n"}

    found = modules("shop.settings", [write_tree(tmp_path, files)])

    assert [(module.name, module.path, module.is_settings) for module in found] == [
        ("shop.settings", tmp_path / "shop/settings.py", True),
        ("shop", tmp_path / "shop/__init__.py", False),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "import shop.base",
        "import shop.base as base",
        "from shop import base",
        "from shop.base import DEBUG",
        "from shop.base import *",
        "from . import base",
        "from .base import *",
        "try:\n    from .base import *\nexcept ImportError:\n    pass",
        "if True:\n    from .base import *",
        "class Settings:\n    from .base import DEBUG",
    ],
)
def test_an_import_from_the_project_is_followed(tmp_path: Path, statement: str) -> None:
    files = {"shop/__init__.py": "", "shop/settings.py": statement, "shop/base.py": ""}

    assert "shop.base" in _names(tmp_path, files)


def test_split_settings_are_found_from_a_package_and_across_import_roots(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "app/shop/settings/__init__.py": "from .production import *",
            "app/shop/settings/production.py": "from ..settings.base import *",
            "app/shop/settings/base.py": "from common.env import env",
            "libs/common/env.py": "from .deeper import x",
            "libs/common/deeper.py": "",
        },
    )

    found = modules("shop.settings", [tmp_path / "app", tmp_path / "libs"])

    assert [(module.name, module.is_settings) for module in found] == [
        ("shop.settings", True),
        ("shop.settings.production", True),
        ("shop.settings.base", True),
        ("common.env", False),
        ("common.deeper", False),
    ]


def test_modules_that_import_each_other_come_once(tmp_path: Path) -> None:
    files = {"settings.py": "import base", "base.py": "from settings import *"}

    assert _names(tmp_path, files, "settings") == ["settings", "base"]


def test_what_is_imported_only_when_a_function_runs_is_left_out(tmp_path: Path) -> None:
    files = {"settings.py": "def later():\n    import models", "models.py": ""}

    assert _names(tmp_path, files, "settings") == ["settings"]


@pytest.mark.parametrize("text", ["def broken(:", "\0"])
def test_a_file_that_is_no_python_is_passed_over(tmp_path: Path, text: str) -> None:
    files = {"settings.py": "import broken, base", "broken.py": text, "base.py": ""}

    assert _names(tmp_path, files, "settings") == ["settings", "base"]


def test_settings_that_are_not_there_give_nothing(tmp_path: Path) -> None:
    assert modules("shop.settings", [tmp_path]) == []


def test_a_relative_import_that_leads_out_of_the_project_gives_nothing(tmp_path: Path) -> None:
    assert _names(tmp_path, {"settings.py": "from ...far import x\nfrom .. import y"}, "settings") == ["settings"]


@pytest.mark.parametrize(
    "statement",
    [
        'include("base.py", "parts/*.py", f"stages/{STAGE}.py", optional("local.py"), "/etc/x.py", "../out.py", NAME)',
        'files = ["base.py", "parts/*.py", "stages/%s.py" % STAGE, f"stages/{STAGE}.py"]\ninclude(*files)',
        'for name in ("base.py", "parts/mail.py", "parts/static.dist.py", "stages/live.py"):\n    exec(text(name))',
    ],
)
def test_files_that_are_named_by_path_or_pattern_are_found(tmp_path: Path, statement: str) -> None:
    files = {
        "out.py": "",
        "shop/settings/__init__.py": f"from split_settings.tools import include, optional\n{statement}",
        "shop/settings/base.py": "",
        "shop/settings/parts/mail.py": "",
        "shop/settings/parts/static.dist.py": "",
        "shop/settings/stages/live.py": "",
        "shop/settings/other.py": "",
    }

    found = modules("shop.settings", [write_tree(tmp_path, files)])

    assert {module.name for module in found} == {
        "shop.settings",
        "shop.settings.base",
        "shop.settings.parts.mail",
        "shop.settings.parts.static.dist",
        "shop.settings.stages.live",
    }
    assert all(module.is_settings for module in found)
