"""The files in etc/: what they are made from, and what the programs that read them say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from django_pyz_runtime.boot import arguments
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.config import levels
from django_pyz_runtime.config.options import OPEN_SECTIONS, OPTIONS
from django_pyz_runtime.config.settings_ini import settings_ini
from tests import programs
from tests.build.trees import write_tree
from tests.write_etc import ETC, options_table

EXPOSURE = 20
"""The most that systemd may find exposed, in tenths of its ten points."""
MANIFEST = Manifest("project", "project-script", "myproj.settings", (), "3.11")
SETTINGS = (ETC / "project" / "settings.ini").read_text(encoding="utf-8").splitlines()
OPTION_LINES = [number for number, line in enumerate(SETTINGS) if re.match(r"#[A-Za-z]", line)]


def test_the_settings_file_is_what_the_declarations_make() -> None:
    found = (ETC / "project" / "settings.ini").read_text(encoding="utf-8")

    assert found == settings_ini("project"), "Write it again: PYTHONPATH=src python -m tests.write_etc"


def test_the_table_has_a_row_of_four_cells_for_every_option() -> None:
    head, _, *rows = options_table().splitlines()
    cells = [re.split(r"(?<!\\)\|", row)[1:-1] for row in rows]
    assert len(head.split("|")) == 6
    assert {len(row) for row in cells} == {4}
    named = [(row[0].strip(" `[]"), row[1].strip(" `")) for row in cells]
    assert named == [*((o.section, o.key) for o in OPTIONS), *((section, "any") for section in OPEN_SECTIONS)]


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with a program that is there on every machine."""
    for path in (ETC / "systemd").iterdir():
        text = path.read_text(encoding="utf-8").replace("/usr/bin/project-script", shutil.which("true") or "")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.needs("systemd-analyze")
@pytest.mark.parametrize("name", ["project.service", "project.socket"])
def test_systemd_has_nothing_to_say_about_a_unit(units: Path, name: str) -> None:
    done = subprocess.run(["systemd-analyze", "verify", units / name], capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.needs("systemd-analyze")
def test_systemd_finds_the_service_well_confined(units: Path) -> None:
    command = ["systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={EXPOSURE}"]
    done = subprocess.run([*command, units / "project.service"], capture_output=True, text=True)

    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_the_socket_is_the_one_that_nginx_asks() -> None:
    (listens,) = re.findall(r"^ListenStream=(.+)$", (ETC / "systemd" / "project.socket").read_text(), re.MULTILINE)

    assert f"server unix:{listens} " in (ETC / "nginx" / "project.conf").read_text()


@pytest.mark.needs("nginx")
@pytest.mark.parametrize("uncommented", [False, True])
def test_nginx_accepts_its_file(tmp_path: Path, uncommented: bool) -> None:
    text = (ETC / "nginx" / "project.conf").read_text(encoding="utf-8")
    if uncommented:
        text, changes = re.subn(r"^    #(?=location|    |\})", "    ", text, flags=re.MULTILINE)
        assert changes == 15
    # nginx opens the port in the check, and its folders are root's.
    (tmp_path / "project.conf").write_text(text.replace("listen 80;", "listen 18080;"), encoding="utf-8")
    nothing = "".join(f"{kind}_temp_path {tmp_path}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    http = f"access_log off; {nothing} include {tmp_path}/project.conf;"
    main = f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ {http} }}"
    (tmp_path / "nginx.conf").write_text(main, encoding="utf-8")
    program = shutil.which("nginx", path=programs.SEARCH) or ""
    command = [program, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_the_wsgi_file_is_python_that_names_the_executable() -> None:
    text = (ETC / "project" / "myproj.wsgi").read_text(encoding="utf-8")

    compile(text, "myproj.wsgi", "exec")
    assert 'EXECUTABLE = "/usr/bin/project-script"' in text


def _problems(folder: Path, text: str) -> tuple[str, ...]:
    """What the reader finds wrong with a settings.ini; the secrets that it names are there."""
    file = write_tree(folder, {"settings.ini": text.replace("/etc/project/", f"{folder}/")}) / "settings.ini"
    for secret in (file, folder / "database_url", folder / "credentials" / "secret_key"):
        write_tree(folder, {} if secret.exists() else {secret.relative_to(folder).as_posix(): "sqlite:///shop.db"})
        secret.chmod(0o600)
    given = arguments.split(["--config", str(file)])
    environ = {"CREDENTIALS_DIRECTORY": str(folder / "credentials")}
    return levels.load(MANIFEST, given, environ, os.geteuid()).problems


def test_the_settings_say_nothing_before_they_are_uncommented(tmp_path: Path) -> None:
    assert _problems(tmp_path, "\n".join(SETTINGS)) == ()
    assert [line for line in SETTINGS if line and not line.startswith(("#", "["))] == []


def test_every_option_stands_in_the_settings_once() -> None:
    examples = [example for examples in OPEN_SECTIONS.values() for example in examples]

    assert len(OPTION_LINES) == len(OPTIONS) + len(examples)


@pytest.mark.parametrize("number", OPTION_LINES, ids=lambda number: SETTINGS[number].partition(" ")[0])
def test_an_option_can_be_uncommented_as_it_stands(tmp_path: Path, number: int) -> None:
    lines = list(SETTINGS)
    lines[number] = lines[number].removeprefix("#")

    assert _problems(tmp_path, "\n".join(lines)) == ()


def test_a_wrong_line_would_be_told(tmp_path: Path) -> None:
    text = "\n".join(SETTINGS).replace("#threads = 4", "threads = many")

    assert len(_problems(tmp_path, text)) == 1
