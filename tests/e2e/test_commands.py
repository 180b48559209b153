"""Every management command, from any folder, with manage.py's output and exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.e2e.harness import Machine, request, wait_for_line
from tests.waiting import wait_until

CRASHES = CHECKOUT / "src/project/crashstats/fixtures/sample_crashes.jsonl"


@pytest.fixture(scope="module")
def manage_py(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample as a developer runs it, in a folder of its own."""
    copy = tmp_path_factory.mktemp("developer") / "project"
    shutil.copytree(CHECKOUT / "src/project", copy, ignore=shutil.ignore_patterns("*.sqlite3", "media", "__pycache__"))
    return copy / "manage.py"


@pytest.mark.parametrize(
    "command",
    [
        ["check"],
        ["check", "--tag", "nosuchtag"],
        ["nosuchcommand"],
        ["migrate", "--nosuchoption"],
        ["migrate", "--plan"],
        ["createsuperuser", "--noinput"],
        ["dumpdata", "nosuchapp"],
        ["loaddata", "nosuchfixture"],
        ["test", "nosuchtest"],
        ["import_crashes", "/no/such/file"],
        ["help", "migrate"],
        ["shell", "-c", "raise SystemExit(7)"],
    ],
    ids=" ".join,
)
def test_a_command_ends_as_with_manage_py(machine: Machine, manage_py: Path, command: list[str]) -> None:
    theirs = subprocess.run(
        [sys.executable, "-W", "ignore", str(manage_py), *command],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    ours = machine.run(*command)
    assert ours.returncode == theirs.returncode
    assert _comparable(ours.stdout) == _comparable(theirs.stdout)
    assert _comparable(ours.stderr) == _comparable(theirs.stderr)


def _comparable(text: str) -> list[str]:
    """The lines, without the program's name, frames of a traceback, and how long something took."""
    kept = [line for line in text.splitlines() if not line.startswith(("  File", "    ", "Ran ", "Found "))]
    return sorted(line.replace("manage.py", "PROGRAM").replace("project-script", "PROGRAM") for line in kept)


def test_help_lists_the_project_s_commands_and_ours(machine: Machine) -> None:
    listed = machine.succeed("help").split()
    assert {"import_crashes", "migrate", "collectstatic", "compress", "runserve", "pyz"} <= set(listed)


def test_data_goes_round_through_dumpdata_and_loaddata(migrated: Machine) -> None:
    migrated.succeed("import_crashes", str(CRASHES))
    dumped = migrated.succeed("dumpdata", "crashstats")
    (migrated.folder / "dump.json").write_text(dumped)
    migrated.succeed("flush", "--noinput")
    loaded = migrated.succeed("loaddata", str(migrated.folder / "dump.json"))
    assert f"Installed {len(json.loads(dumped))} object(s)" in loaded


def test_shell_reads_its_standard_input(machine: Machine) -> None:
    said = machine.succeed("shell", stdin="from django.conf import settings\nprint(settings.ROOT_URLCONF)\n")
    assert "myproj.urls" in said


def test_createsuperuser_takes_its_password_from_the_environment(migrated: Machine) -> None:
    options = ("--noinput", "--username", "root", "--email", "root@example.org")
    migrated.succeed("createsuperuser", *options, DJANGO_SUPERUSER_PASSWORD="only-for-tests")
    assert '"username": "root"' in migrated.succeed("dumpdata", "auth.user")


def test_it_runs_without_being_executable_and_under_any_name(machine: Machine) -> None:
    copy = machine.folder / "y.pyz"
    shutil.copyfile(machine.executable, copy)
    done = subprocess.run(
        [sys.executable, str(copy), "check"], cwd="/", env=machine.environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_runserver_starts_again_when_its_code_changes(migrated: Machine) -> None:
    views = Path(migrated.succeed("shell", "-v", "0", "-c", "import crashstats.views as v; print(v.__file__)").strip())
    with migrated.started("runserver", "127.0.0.1:0") as server:
        wait_for_line(server, "Quit the server with CONTROL-C")
        # The reloader notes the times a while after it has said that it watches.
        wait_for_line(server, r"views\.py changed, reloading", meanwhile=lambda: os.utime(views))
        wait_for_line(server, "(?s)changed, reloading.*Quit the server with CONTROL-C")


def test_collectstatic_writes_where_it_is_told(machine: Machine) -> None:
    target = machine.folder / "static"
    said = machine.succeed("collectstatic", "--noinput", "--dir", str(target))
    assert "static files copied to" in said
    assert str(target) in said
    manifest = json.loads((target / "staticfiles.json").read_text())
    assert (target / manifest["paths"]["site.css"]).is_file()


def test_collectstatic_takes_a_relative_folder_from_where_it_is_run(machine: Machine) -> None:
    machine.succeed("collectstatic", "--noinput", "--dir=out")
    assert (machine.elsewhere / "out" / "site.css").is_file()


def test_collectstatic_without_a_folder_says_where_to_name_one(machine: Machine) -> None:
    done = machine.run("collectstatic", "--noinput")
    assert (done.returncode, done.stdout) == (2, "")
    assert "collectstatic --dir DIR" in done.stderr


def test_compress_writes_where_it_is_told(machine: Machine) -> None:
    machine.configure("[settings]\nDEBUG = false\n")
    target = machine.folder / "static"
    machine.succeed("collectstatic", "--noinput", "--dir", str(target))
    machine.succeed("compress", "--dir", str(target))
    assert len(json.loads((target / "CACHE/manifest.json").read_text())) >= 1
    assert list(target.glob("CACHE/css/*.css"))


def test_help_of_collectstatic_tells_of_dir(machine: Machine) -> None:
    assert "--dir DIR" in machine.succeed("collectstatic", "--help")


def test_collectstatic_refuses_what_is_no_folder(machine: Machine) -> None:
    done = machine.run("collectstatic", "--noinput", "--dir", "/etc/passwd")
    assert (done.returncode, done.stderr) == (2, "project-script: --dir /etc/passwd: file exists\n")


def test_an_assignment_after_a_command_is_refused_rather_than_ignored(machine: Machine) -> None:
    done = machine.run("check", "--set", "settings.DEBUG=true")
    assert done.returncode == 2
    assert "--set settings.DEBUG: must come before the command" in done.stderr


@pytest.mark.parametrize("command", ["runserve", "pyz"])
def test_help_knows_our_commands(machine: Machine, command: str) -> None:
    assert f"usage: project-script {command}" in machine.succeed("help", command)


def test_child_processes_of_multiprocessing_start(machine: Machine) -> None:
    code = "import multiprocessing as m, os; c = m.get_context('spawn'); p = c.Process(target=os.getpid); p.start(); "
    machine.succeed("shell", "-v", "0", "-c", code + "p.join(); assert p.exitcode == 0, p.exitcode")


def test_a_dependency_does_not_replace_the_standard_library(machine: Machine) -> None:
    code = "import os, sys; print(os.path.dirname(os.__file__), *sys.path, sep='\\n')"
    library, *path = machine.succeed("shell", "-v", "0", "-c", code).splitlines()
    assert path.index(library) < min(place for place, entry in enumerate(path) if entry.endswith("/site-packages"))


def test_nothing_but_the_bundle_s_own_code_is_run(machine: Machine) -> None:
    planted = machine.folder / "planted"
    planted.mkdir()
    (planted / "django.py").write_text("raise SystemExit('planted')")
    machine.succeed("check", PYTHONPATH=str(planted))


def test_a_request_to_a_plain_runserver_is_answered(migrated: Machine) -> None:
    with migrated.started("runserver", "--noreload", "127.0.0.1:0") as server:
        # Django says the port only as it was asked for, so the socket's owner is asked.
        wait_for_line(server, "Quit the server with CONTROL-C")
        wait_until(lambda: _listening_ports(server.process.pid), "it to listen")
        [port] = _listening_ports(server.process.pid)
        assert request(f"http://127.0.0.1:{port}/").status == 200


def _listening_ports(pid: int) -> list[int]:
    """The ports on which a process listens, from /proc."""
    sockets = {path.readlink().name for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()}
    inodes = {name[8:-1] for name in sockets if name.startswith("socket:[")}
    found = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return [int(fields[1].partition(":")[2], 16) for fields in found if fields[3] == "0A" and fields[9] in inodes]
