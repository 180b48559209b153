"""The management commands that a build finds, with their options."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from django_pyz import cli
from tests.build.trees import write_tree

_COMMAND = """\
import os
from django.core.management.base import BaseCommand
{top}
class Command(BaseCommand):
    help = "{help}"
    def add_arguments(self, parser):
        parser.add_argument("app_label", nargs="?")
        parser.add_argument("--size", choices={{"s", "m"}}, default="m", help="how large (default: %(default)s)")
        parser.add_argument("--folder", help="where to, as " + os.getcwd())
        {inside}
"""
PROGRAM = """\
import json, sys
from django.conf import settings
settings.configure(INSTALLED_APPS=["shop"], DATABASES={"default": {}, "archive": {}})
import django
django.setup()
from django_pyz.stage.django_commands import describe
print(json.dumps(describe((sys.argv[1],))))
"""


def _command(top: str = "", help_text: str = "Sell.", inside: str = "pass") -> str:
    return _COMMAND.format(top=top, help=help_text, inside=inside)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The commands of a project and of Django, by name."""
    folder = "shop/management/commands"
    commands = {
        "sell": _command(inside='"""Nothing."""'),
        "busy": _command("open('made', 'w')"),
        "broken": _command("import no_such_module"),
        "ends": _command("if True: raise SystemExit(3)"),
        "calls": _command("import subprocess\nX = subprocess.run(['touch', 'made'])"),
    }
    files = {f"{folder}/{name}.py": text for name, text in commands.items()}
    packages = ("shop", "shop/management", folder)
    root = write_tree(tmp_path_factory.mktemp("site"), {**files, **{f"{name}/__init__.py": "" for name in packages}})
    source = Path(cli.__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{source}"}
    command = [sys.executable, "-c", PROGRAM, str(root)]
    done = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True)
    assert not (root / "made").exists()
    return {item["name"]: item for item in json.loads(done.stdout)}


def test_a_command_has_its_options_and_names_nothing_of_this_machine(found: dict[str, dict[str, Any]]) -> None:
    sell = found["sell"]
    options = {option["flags"][-1]: option for option in sell["options"]}
    assert sell["help"] == "Sell."
    assert options["--size"]["choices"] == ["m", "s"]
    assert options["--size"]["help"] == "how large"
    assert "help" not in options["--folder"]
    assert sell["operands"][0]["choices"] == ["shop"]


def test_django_s_commands_know_the_databases(found: dict[str, dict[str, Any]]) -> None:
    options = {flag: option for option in found["migrate"]["options"] for flag in option["flags"]}
    assert options["--database"]["choices"] == ["archive", "default"]
    assert options["--fake-initial"]["help"].startswith("Detect if tables already exist")


@pytest.mark.parametrize("name", ["busy", "broken", "ends", "calls"])
def test_a_command_that_cannot_or_should_not_be_imported_is_known_by_its_name(
    found: dict[str, dict[str, Any]], name: str
) -> None:
    assert found[name] == {"name": name}
