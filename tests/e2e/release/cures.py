"""What `pyz doctor` says, and its cures followed to the letter."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

_EDIT = re.compile(r"in (/[^\n]+?), (?:line (\d+)|below \[(\w+)\]): ([^\n]*?)(?:; then: (.*))?", re.DOTALL)

_RELOAD = re.compile(r"(?: && )?(systemctl try-reload-or-restart \S+)")
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


def follow(cures: Iterable[str], run: Run, path: Callable[[str], Path]) -> None:
    """Do what cures say: edits first, those of lines that are there before new lines; then commands, each once.

    Args:
        cures: as they are told.
        run: runs a command on the machine.
        path: gives the path of one of its files.
    """
    edits = [(edit, cure) for cure in cures if (edit := _EDIT.fullmatch(cure))]
    edited = {cure for _, cure in edits}
    for edit, _ in sorted(edits, key=lambda found: found[0][2] is None):
        file, line, section, text, _ = edit.groups()
        _edit(path(file), int(line or 0), section or "", text)
    thens = [_RELOAD.split(edit[5] or "") for edit, _ in edits]
    commands = [before for before, *_ in thens if before]
    commands += [cure for cure in cures if cure not in edited]
    # What is to be used is there by now.
    commands += [reload for _, *reloads in thens for reload in reloads if reload]
    for command in dict.fromkeys(commands):
        _act(command, run, path)


def _act(command: str, run: Run, path: Callable[[str], Path]) -> None:
    """Run a command, or do what is asked of people."""
    for beginning, act in _ADVICE.items():
        if command.startswith(beginning):
            act(command.removeprefix(beginning), run, path)
            return
    if command.startswith(_BY_HAND):
        # Something else that was found is behind it; if it is not, this is found again.
        return
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


def _mend_line(command: str, run: Run, path: Callable[[str], Path]) -> None:
    """Look at an error, and take the line away that it names."""
    said = run("sh", "-c", command).stderr
    # What cannot be read says so, and has a cure of its own.
    for file, line in re.findall(r"(/etc/\S+?\.py):(\d+): ", said)[-1:]:
        lines = path(file).read_text().splitlines()
        path(file).write_text("\n".join([*lines[: int(line) - 1], *lines[int(line) :]]) + "\n")


def _remove_largest(command: str, run: Run, path: Callable[[str], Path]) -> None:
    """Remove what stands last in a list of what is largest, but for the whole."""
    places = [line.split("\t")[1] for line in run("sh", "-c", command).stdout.splitlines()]
    run("rm", "-r", next(place for place in reversed(places) if "/big" in place))


def _start_mail(address: str, run: Run, path: Callable[[str], Path]) -> None:
    """Start a server that greets."""
    host, _, port = address.rpartition(":")
    code = (
        f"import socket\nserver = socket.create_server(({host!r}, {port}))\n"
        "while True: server.accept()[0].send(b'220 hello\\r\\n')"
    )
    assert run("systemd-run", "--unit=mail", "python3", "-c", code).returncode == 0
    until = f"until python3 -c 'import socket; socket.create_connection((\"{host}\", {port}))' 2>&1; do :; done"
    run("sh", "-c", until)


_BY_HAND = "by hand: "
_ADVICE = {
    f"{_BY_HAND}{beginning}": act
    for beginning, act in (
        ("look at it: ", _mend_line),
        ("remove what is not needed; list the largest: ", _remove_largest),
        ("remove what is not needed; list the folders with most files: ", _remove_largest),
        ("start the mail server at ", _start_mail),
    )
}
"""What a cure asks of people, and how they do it."""
