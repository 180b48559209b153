"""The next step that a message names is taken as it stands there, and then all is well."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from django_pyz_runtime.boot.arguments import split
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.config import levels
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.config.gunicorn_section import OWNED, gunicorn_problems
from django_pyz_runtime.errors import UserError
from tests.runtime.conftest import Load, run_as

NOBODY = 65534
VALUES = {"bind": ":80", "loglevel": "warning"}
LOAD = """
print(*levels.load(manifest, split(["--config", sys.argv[1]]), {}, os.geteuid()).problems, sep="\\n")
"""
IMPORTS = """
import encodings.utf_8_sig, grp, os, pwd, shlex, sys
from django_pyz_runtime.boot.arguments import split
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.config import levels
manifest = Manifest("project", "project-script", "myproj.settings", ("__project__",), "3.11")
"""


def follow(problems: Iterable[str]) -> None:
    """Run the command that ends each problem."""
    for problem in problems:
        found = re.search(r"(?:: |^)(?:as root: )?((?:chmod|chgrp) .*)$", problem)
        assert found, problem
        subprocess.run(["sh", "-c", found[1]], check=True)


@pytest.fixture
def folder(open_folder: Path) -> Path:
    """A folder that everyone may enter, whose name a shell would take for two."""
    made = open_folder / "of the site"
    made.mkdir(mode=0o755)
    return made


def read(manifest: Manifest, path: Path) -> Configuration:
    return levels.load(manifest, split(["--config", str(path)]), {}, os.geteuid())


@pytest.mark.parametrize("mode", [0o644, 0o602, 0o606, 0o666])
def test_a_configuration_is_closed_by_what_is_told(mode: int, folder: Path, manifest: Manifest) -> None:
    path = folder / "settings.ini"
    key = folder / "key"
    key.write_text("pa55w0rd")
    path.write_text(f"[settings]\nSECRET_KEY = pa55w0rd\nA_TOKEN@file = {key}\n")
    for file in (path, key):
        file.chmod(mode)
    problems = read(manifest, path).problems
    assert problems
    follow(problems)
    assert read(manifest, path).problems == ()


@pytest.mark.needs("root")
def test_what_is_closed_can_still_be_read_by_the_service(folder: Path) -> None:
    """Whose user has no right of its own to a file of root's."""
    path = folder / "settings.ini"
    path.write_text("[settings]\nSECRET_KEY = pa55w0rd\n")
    path.chmod(0o644)
    said = run_as(NOBODY, IMPORTS, LOAD, path)
    assert ": as root: chgrp " in said
    follow(said.splitlines())
    assert path.stat().st_mode & 0o777 == 0o640
    assert run_as(NOBODY, IMPORTS, LOAD, path) == "\n"


@pytest.mark.needs("root")
def test_what_a_group_can_write_is_closed_by_what_root_is_told(folder: Path, manifest: Manifest) -> None:
    path = folder / "settings.ini"
    path.write_text("[serve]\nthreads = 2\n")
    path.chmod(0o664)
    [problem] = read(manifest, path).problems
    assert "root does not use files that others could have written" in problem
    follow([problem])
    assert read(manifest, path).problems == ()


@pytest.mark.parametrize(
    "text",
    [
        "[sevre]\nthreads = 2\n",
        "[serve]\ntreads = 2\n",
        "[settings]\nlanguage_code = fr\n",
    ],
)
def test_what_was_meant_is_taken(text: str, load: Load) -> None:
    [problem] = load(text).problems
    wrong = re.search(r"(?:section \[|'|name )(\w+)", problem.replace("name '", "'"))
    meant = re.search(r"did you mean (\w+)\?$", problem)
    assert wrong, problem
    assert meant, problem
    assert load(text.replace(wrong[1], meant[1])).problems == ()


@pytest.mark.parametrize("key", OWNED)
def test_what_is_an_option_of_ours_is_set_there(key: str, load: Load) -> None:
    """With the value that it had in [gunicorn]."""
    value = VALUES.get(key, "7")
    [problem] = gunicorn_problems(load(f"[gunicorn]\n{key} = {value}\n").section("gunicorn"))
    advised = re.search(r"set (\[\w+\]) (\w+) instead$", problem)
    assert advised, problem
    assert load(f"{advised[1]}\n{advised[2]} = {value}\n").problems == ()


@pytest.mark.parametrize("level", ["command line", "fragment"])
def test_what_is_read_too_late_is_set_where_it_is_told(level: str, load: Load, tmp_path: Path) -> None:
    argv = ["--set", "project.cache_dir=/x"] if level == "command line" else []
    if level == "fragment":
        (tmp_path / "conf.d").mkdir()
        (tmp_path / "conf.d/a.ini").write_text("[project]\ncache_dir = /x\n")
    [problem] = load("", *argv).problems
    assert problem.endswith(f"set it in {tmp_path}/settings.ini")
    shutil.rmtree(tmp_path / "conf.d", ignore_errors=True)
    assert load("[project]\ncache_dir = /x\n").problems == ()


def test_options_go_before_the_command() -> None:
    with pytest.raises(UserError, match=r"--set serve.threads: must come before the command") as caught:
        split(["check", "--set", "serve.threads=2"])
    words = {"--config FILE": "", "--set SECTION.KEY=VALUE": "--set serve.threads=2", "COMMAND": "check", "...": ""}
    usage = re.sub(r"[\[\]]", "", caught.value.hint.removeprefix("Usage: "))
    for word, given in words.items():
        usage = usage.replace(word, given)
    assert split(usage.split()).assignments == (("--set", "serve.threads=2"),)


def test_a_command_of_a_message_sees_the_same_configuration(load: Load, tmp_path: Path) -> None:
    """What was given on the command line, but no secret."""
    options = ["--set", "serve.threads=2", "--set", "settings.A = b c", "--set", "settings.SECRET_KEY=pa55w0rd"]
    found = load("[serve]\nworkers = 3\n", *options, PROJECT__SERVE__TIMEOUT="7").command("project-script")
    assert found == (
        f"project-script --config {tmp_path}/settings.ini --set serve.threads=2 "
        "--set 'settings.A=b c' --set 'settings.SECRET_KEY=********'"
    )
