"""What a build shows while it works."""

from __future__ import annotations

import io
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from django_pyz import process
from django_pyz.report.progress import Progress
from tests.waiting import wait_until


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_long_step_says_how_far_it_is_and_what_its_command_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", shown := io.StringIO())
    monkeypatch.setenv("COLUMNS", "200")
    if is_terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
    code = "import os, sys, time\nprint('of the red ones', flush=True)\n"
    code += "while not os.path.exists(sys.argv[1]): time.sleep(0.01)"

    with ThreadPoolExecutor(1) as beside, Progress(seconds=0.05).step("Counting", lambda: "3 beans"):
        running = beside.submit(process.run, [sys.executable, "-c", code, tmp_path / "go"], "count")
        try:
            wait_until(lambda: "3 beans, of the red ones" in shown.getvalue(), shown.getvalue)
        finally:
            (tmp_path / "go").touch()
        assert running.result() == "of the red ones\n"

    assert process.last_words() == ""
    assert shown.getvalue().startswith("Counting ...\n  0 s, 3 beans") or is_terminal
