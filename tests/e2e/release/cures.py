"""What `pyz doctor` says, and its cures followed to the letter."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

_EDIT = re.compile(r"in (/[^\n]+?), (?:line (\d+)|below \[(\w+)\]): ([^\n]*?)(?:; then: (.*))?", re.DOTALL)

Run = Callable[..., "subprocess.CompletedProcess[str]"]


class Told(NamedTuple):
    """What it has said.

    Attributes:
        exit_code: of it.
        findings: those that are to be mended.
    """

    exit_code: int
    findings: list[dict[str, str]]

    @classmethod
    def of(cls, done: subprocess.CompletedProcess[str]) -> Told:
        """What `--json` has printed."""
        assert "Traceback" not in done.stderr, done.stderr
        said: dict[str, Any] = json.loads(done.stdout)
        assert said["exit_code"] == done.returncode
        bad = [one for one in said["findings"] if one["severity"] in ("info", "warning", "error", "skipped")]
        return cls(done.returncode, bad)

    @property
    def text(self) -> str:
        """All findings."""
        return "\n".join(" | ".join(finding.values()) for finding in self.findings)


def follow(cure: str, run: Run, path: Callable[[str], Path]) -> None:
    """Do what a cure says: an edit, a command, or one after the other.

    Args:
        cure: as it is told.
        run: runs a command on the machine.
        path: gives the path of one of its files.
    """
    command = cure
    if edit := _EDIT.fullmatch(cure):
        file, line, section, text, command = edit.groups()
        _edit(path(file), int(line or 0), section or "", text)
    if command:
        done = run("sh", "-c", command)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def _edit(file: Path, line: int, section: str, text: str) -> None:
    lines = file.read_text().splitlines() if file.exists() else []
    if line:
        lines[line - 1] = text
    elif f"[{section}]" in lines:
        lines.insert(lines.index(f"[{section}]") + 1, text)
    else:
        lines += [f"[{section}]", text]
    # As an editor does that keeps owner and mode.
    file.write_text("\n".join(lines) + "\n")
