"""Files for nginx that a new release writes differently are told, with the command that puts them in place."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from django_pyz_runtime.release.files.files import HostFile
from django_pyz_runtime.release.upgrade.web_files import outdated, told


def files(folder: Path, **texts: str) -> list[HostFile]:
    return [HostFile(f"nginx/{name}.conf", str(folder / f"{name}.conf"), text) for name, text in texts.items()]


def test_those_that_nobody_has_changed_are_told(tmp_path: Path) -> None:
    names = ("old", "same", "changed", "absent", "late")
    before = files(tmp_path, **dict.fromkeys(names[:-1], "one"))
    now = files(tmp_path, **{**dict.fromkeys(names, "two"), "same": "one"})
    for name, text in {"old": "one", "same": "one", "changed": "mine", "late": "two"}.items():
        (tmp_path / f"{name}.conf").write_text(text)
    assert outdated(before, now) == now[:1]


def test_the_command_that_is_told_puts_it_in_place(tmp_path: Path) -> None:
    place, programs = tmp_path / "nginx folder", tmp_path / "bin"
    place.mkdir()
    programs.mkdir()
    for name, script in {"shop": 'mkdir -p "$3"/nginx && echo two > "$3"/nginx/old.conf', "systemctl": "true"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    [said] = told("shop", "shop", files(place, old="two\n"))
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    subprocess.run(said.split("`")[1], shell=True, check=True, cwd=tmp_path, env=environment)
    assert (place / "old.conf").read_text() == "two\n"
