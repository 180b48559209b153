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
from django_pyz_runtime.release.files.files import host_files
from django_pyz_runtime.release.files.site import Service, Site, Timer
from django_pyz_runtime.release.files.units import units as units_of
from django_pyz_runtime.release.files.web_servers import nginx, nginx_below_a_path
from tests import programs
from tests.build.trees import write_tree
from tests.reference import options_tables
from tests.write_etc import ETC, SAMPLE

EXPOSURE = 15
"""The most that systemd may find exposed, in tenths of its ten points."""
MANIFEST = Manifest("project", "project-script", "myproj.settings", (), "3.11")
SETTINGS = (ETC / "project" / "settings.ini").read_text(encoding="utf-8").splitlines()
OPTION_LINES = [number for number, line in enumerate(SETTINGS) if re.match(r"#[A-Za-z]", line)]


def test_the_files_are_what_the_declarations_make() -> None:
    found = {str(path.relative_to(ETC)): path.read_text(encoding="utf-8") for path in ETC.rglob("*") if path.is_file()}
    made = {file.path: file.text for file in host_files(SAMPLE)}

    assert found == made, "Write them again: PYTHONPATH=src python -m tests.write_etc"


def test_the_tables_have_a_row_of_three_cells_for_every_option() -> None:
    named = set[tuple[str, str]]()
    for section, table in re.findall(r"^### \[(\w+)\]\n(.*?)(?=^###|\Z)", options_tables(), re.MULTILINE | re.DOTALL):
        for row in re.findall(r"^\| `.*$", table, re.MULTILINE):
            cells = re.split(r"(?<!\\)\|", row)[1:-1]
            assert len(cells) == 3, row
            named.add((section, cells[0].strip(" `")))
    assert named == {(option.section, option.key) for option in OPTIONS}
    assert [section for section in OPEN_SECTIONS if f"\n| `[{section}]` | " not in options_tables()] == []


MADE = {
    "the sample": SAMPLE,
    "much": SAMPLE._replace(
        binds=("unix:/run/other.sock", "192.0.2.1:80", "[::1]:8001", "localhost:8002", ":8003"),
        data_dir="/srv/the data",
        services=(Service("worker", ("pyz", "exec", "celery", "-A", "myproj", "worker", "--queues=a b", "$x%d")),),
        timers=(Timer("sessions", ("clearsessions",), "Mon 06:00"),),
    ),
}


@pytest.fixture(params=MADE)
def site(request: pytest.FixtureRequest) -> Site:
    """A site with and without all that a unit can have."""
    return MADE[request.param]


@pytest.fixture
def units(site: Site, tmp_path: Path) -> Path:
    """The units, with a program that is there on every machine."""
    for name, text in units_of(site).items():
        text = text.replace("/usr/bin/project-script", shutil.which("true") or "")
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.needs("systemd-analyze")
def test_systemd_has_nothing_to_say_about_the_units(units: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", *units.iterdir()], capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.needs("systemd-analyze")
def test_systemd_finds_every_service_well_confined(units: Path) -> None:
    command = ["systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={EXPOSURE}"]
    for unit in units.glob("*.service"):
        done = subprocess.run([*command, unit], capture_output=True, text=True)

        assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_the_socket_is_the_one_that_nginx_asks() -> None:
    listens = re.findall(r"^ListenStream=(.+)$", (ETC / "systemd" / "project.socket").read_text(), re.MULTILINE)

    assert listens == ["/run/project.sock", "127.0.0.1:8000"]
    assert "server unix:/run/project.sock " in (ETC / "nginx" / "project.conf").read_text()
    assert "proxy_pass http://unix:/run/project.sock;" in (ETC / "nginx" / "project-below-a-path.conf").read_text()


@pytest.mark.needs("nginx")
@pytest.mark.parametrize("uncommented", [False, True])
@pytest.mark.parametrize("path", ["", "/shop"])
def test_nginx_accepts_its_files(tmp_path: Path, uncommented: bool, path: str) -> None:
    text = nginx(SAMPLE)
    if uncommented:
        text, changes = re.subn(r"^    #(?=location|    |\})", "    ", text, flags=re.MULTILINE)
        assert changes == 7
    below = tmp_path / "below.conf"
    below.write_text(nginx_below_a_path(SAMPLE._replace(path=path)), encoding="utf-8")
    # nginx opens the port in the check, and its folders are root's.
    text = text.replace("listen 80;", f"listen 18080; include {below};")
    (tmp_path / "project.conf").write_text(text, encoding="utf-8")
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
