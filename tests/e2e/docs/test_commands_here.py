"""Commands of how-to pages that need no root: run in a home of their own, with a small site that is called shop."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.docs.pages import HERE, Page, missing_lines, pages, with_lines
from tests.e2e.harness import Machine


@pytest.mark.parametrize("page", [page for page in pages() if page.is_run(HERE)], ids=lambda page: page.name)
def test_each_command_prints_what_the_page_shows(page: Page, flat: Path, tmp_path: Path, shared_cache: Path) -> None:
    machine = Machine(tmp_path, flat, "flat")
    programs = tmp_path / "bin"
    programs.mkdir()
    shutil.copy(flat, programs / "shop")
    environment = {
        **machine.environment,
        "CACHE_DIRECTORY": str(shared_cache),
        "PATH": f"{programs}{os.pathsep}{machine.environment['PATH']}",
    }
    for block in page.blocks():
        if block.title == "/etc/shop/settings.ini":
            environment["FLAT__CONFIG"] = str(machine.configure(with_lines("", block.text)))
        for command in block.commands if block.where == HERE else ():
            assert not command.needs_systemd, command.line
            done = subprocess.run(
                ["sh", "-c", command.line], cwd=machine.elsewhere, env=environment, capture_output=True, text=True
            )
            said = f"{command.line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
            assert done.returncode in block.codes, said
            assert missing_lines(command.shown, done.stdout + "\n" + done.stderr) == [], said
