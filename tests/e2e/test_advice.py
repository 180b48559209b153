"""The next step that a message names is taken literally, as somebody would who copies it, and then all is well."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
from pathlib import Path

import pytest

from tests.e2e.harness import Machine, Server, wait_for_line
from tests.e2e.http.raw_http import ask, configure_echo
from tests.waiting import DEADLINE_SECONDS

Done = subprocess.CompletedProcess[str]


@pytest.fixture
def chosen(machine: Machine) -> Machine:
    """A machine whose configuration is named on the command line only; it must be named again to be found."""
    path = machine.folder / "of the site" / "settings.ini"
    path.parent.mkdir()
    path.write_text("[serve]\nworkers = 1\n")
    path.chmod(0o600)
    machine.environment["PROJECT__CONFIG"] = os.devnull
    return machine


def options(machine: Machine, *more: str) -> list[str]:
    return ["--config", f"{machine.folder}/of the site/settings.ini", *more]


def commands(said: str) -> list[str]:
    """The commands that a message names."""
    return re.findall(r"`(project-script [^`]*)`", said)


def follow(machine: Machine, command: str, **environment: str) -> Done:
    """Run a command of a message in a shell that finds the program."""
    path = f"{machine.executable.parent}:{machine.environment['PATH']}"
    return subprocess.run(
        ["sh", "-c", command],
        cwd=machine.elsewhere,
        env={**machine.environment, "PATH": path, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )


def refused(machine: Machine, *arguments: str) -> str:
    done = machine.run(*arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def meant(said: str) -> str:
    found = re.search(r"[Dd]id you mean ([\w.-]+)\?", said)
    assert found, said
    return found[1]


def test_a_missing_database_is_made_where_the_configuration_has_it(chosen: Machine) -> None:
    given = options(chosen, "--set", f"settings.DATABASES.default.NAME={chosen.folder}/of the site/db.sqlite3")
    said = refused(chosen, *given, "runserve", "--check")
    migrate, serve = commands(said)
    assert follow(chosen, migrate).returncode == 0
    chosen.succeed(*given, "runserve", "--check")
    (chosen.folder / "of the site/db.sqlite3").unlink()
    assert follow(chosen, f"{serve} --check").returncode == 0
    chosen.succeed(*given, "runserve", "--check")


def test_a_database_that_does_not_answer_is_explained_as_it_is_configured(chosen: Machine) -> None:
    path = chosen.folder / "of the site/db.sqlite3"
    path.write_bytes(b"not a database" * 1000)
    given = options(chosen, "--set", f"settings.DATABASES.default.NAME={path}")
    [explain] = commands(refused(chosen, *given, "runserve", "--check"))
    done = follow(chosen, explain)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(path) in done.stdout


@pytest.mark.parametrize("command", [["pyz", "config", "check"], ["check"]])
def test_settings_that_are_refused_are_shown_as_they_are_configured(chosen: Machine, command: list[str]) -> None:
    setting = "CACHES = {}" if command == ["pyz", "config", "check"] else "DATABASES.default.ENGINE = nosuch"
    path = chosen.folder / "of the site/settings.ini"
    path.write_text(f"[settings]\n{setting}\n")
    [show] = commands(refused(chosen, *options(chosen), *command))
    done = follow(chosen, show)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(rf"(?m)^{re.escape(setting)} +# {re.escape(str(path))}:2$", done.stdout)


def test_static_files_are_collected_to_where_they_are_missing(chosen: Machine) -> None:
    given = options(chosen, "--set", f"static.root={chosen.folder}/static files")
    [collect] = commands(refused(chosen, *given, "runserve", "--migrate", "--check"))
    assert follow(chosen, collect).returncode == 0
    chosen.succeed(*given, "runserve", "--check")


def test_static_files_get_a_folder_in_both_ways(machine: Machine) -> None:
    said = refused(machine, "collectstatic", "--noinput")
    [collect] = commands(said)
    assert follow(machine, collect.replace("DIR", "'static files'")).returncode == 0
    assert (machine.elsewhere / "static files/site.css").is_file()
    option = re.search(r"or set (\[\w+\]) (\w+)\.", said)
    assert option, said
    machine.configure(f"{option[1]}\n{option[2]} = {machine.folder}/static\n")
    machine.succeed("collectstatic", "--noinput")
    assert (machine.folder / "static/site.css").is_file()


def test_a_configuration_that_is_there_stays_and_another_one_is_made_and_checked(machine: Machine) -> None:
    machine.configure("[settings]\nALLOWED_HOSTS = here\n")
    said = refused(machine, "pyz", "config", "init")
    option = re.search(r"Give another file with (-o)\.", said)
    assert option, said
    path = machine.folder / "another one.ini"
    written = machine.succeed("pyz", "config", "init", option[1], str(path))
    name = re.search(r"Set (\w+) there", written)
    assert name, written
    text, count = re.subn(rf"(?m)^#?{name[1]} =.*", f"{name[1]} = www.example.org", path.read_text())
    assert count == 1
    path.write_text(text)
    [check] = commands(written)
    assert follow(machine, check).stdout == f"{path}: no problems found\n"


def test_what_is_written_at_the_usual_place_is_checked_there(machine: Machine) -> None:
    path = machine.configure("")
    path.unlink()
    [check] = commands(machine.succeed("pyz", "config", "init"))
    assert check == "project-script pyz config check"
    assert follow(machine, check).stdout == f"{path}: no problems found\n"


def test_debug_is_switched_off_where_it_is_on(migrated: Machine) -> None:
    """By the section [settings], and by the local settings, which have the last word."""
    local = migrated.folder / "local.py"
    local.write_text("")
    path = migrated.configure(f"[project]\nlocal_settings = {local}\n[settings]\nDEBUG = on\n")
    told = r"DEBUG is on \(([^):]+)(?::(\d+))?\): set (?:\[settings\] )?(\w+ = \w+)"
    command = ("runserve", "--check")
    found = re.search(told, migrated.run(*command).stderr)
    assert found
    assert found[1] == str(path)
    lines = path.read_text().splitlines()
    lines[int(found[2]) - 1] = found[3]
    path.write_text("\n".join(lines) + "\n")
    assert migrated.run(*command).stderr == ""
    local.write_text("DEBUG = True\n")
    found = re.search(told, migrated.run(*command).stderr)
    assert found
    Path(found[1]).write_text(f"{found[3]}\n")
    assert migrated.run(*command).stderr == ""


def test_an_agent_that_is_ignored_runs_once_the_advice_is_taken_to_its_end(machine: Machine) -> None:
    """Its module is named, which is none of the bundle's, and then its file as well."""
    agent = machine.folder / "agents" / "sitecustomize.py"
    agent.parent.mkdir()
    agent.write_text("print('the agent runs')\n")
    command = ("shell", "-v", "0", "-c", "print('and the site')")
    ignored = re.search(
        r"in settings\.ini, (\[\w+\]) (\w+)$", machine.run(*command, PYTHONPATH=str(agent.parent)).stderr
    )
    assert ignored
    option = f"{ignored[1]}\n{ignored[2]} = {agent.stem}\n"
    machine.configure(option)
    file = re.search(r"`(.*) = FILE` below (\[\w+\])", refused(machine, *command))
    assert file
    machine.configure(f"{option}{file[2]}\n{file[1]} = {agent}\n")
    assert machine.succeed(*command) == "the agent runs\nand the site\n"


def test_settings_of_an_installation_s_own_are_given_as_a_file(machine: Machine) -> None:
    module = ["--set", "project.settings_module=myproj.ours"]
    file = re.search(r"`(.*) = FILE` below (\[\w+\])", refused(machine, *module, "check"))
    assert file
    path = machine.folder / "ours.py"
    path.write_text("from myproj.settings import *\nLANGUAGE_CODE = 'pl'\n")
    machine.configure(f"{file[2]}\n{file[1]} = {path}\n")
    code = "from django.conf import settings; print(settings.LANGUAGE_CODE)"
    assert machine.succeed(*module, "shell", "-v", "0", "-c", code) == "pl\n"


@pytest.mark.parametrize(
    "option", ["project.settings_module=nosuch.ours", "project.run_first=nosuch.agent"], ids=["settings", "agent"]
)
def test_no_file_is_asked_for_where_a_whole_package_is_missing(machine: Machine, option: str) -> None:
    said = refused(machine, "--set", option, "check")
    assert "no module" in said
    assert "FILE" not in said


def test_data_that_cannot_be_kept_is_kept_elsewhere(machine: Machine) -> None:
    (machine.folder / "file").touch()
    machine.environment["STATE_DIRECTORY"] = f"{machine.folder}/file/data"
    said = refused(machine, "check")
    found = re.search(r"Set (\[\w+\]) (\w+) to a folder that this user can write\.", said)
    assert found, said
    machine.configure(f"{found[1]}\n{found[2]} = {machine.folder}/data\n")
    machine.succeed("check")
    assert (machine.folder / "data/secret_key").is_file()


@pytest.mark.parametrize("way", ["option", "setting"])
def test_another_address_is_chosen_where_one_is_taken(migrated: Machine, way: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        migrated.configure(f"[serve]\nworkers = 1\nbind = 127.0.0.1:{other.getsockname()[1]}\n")
        found = re.search(
            r"choose another address: (--bind) HOST:PORT, or (\[\w+\]) (\w+)\.", refused(migrated, "runserve")
        )
        assert found
        arguments = [found[1], "127.0.0.1:0"] if way == "option" else []
        if not arguments:
            migrated.configure(f"{found[2]}\n{found[3]} = 127.0.0.1:0\n")
        with migrated.started("runserve", *arguments) as server:
            assert wait_for_line(server, r"Listening at: (http://\S+)")


def test_a_limit_that_refuses_a_body_is_raised(migrated: Machine) -> None:
    def answer(server: Server) -> list[int]:
        return ask(server.url, "/large", method="POST", body=b"x" * 2000).statuses

    serve = "[serve]\nworkers = 1\nbody_limit = 1k\n"
    configure_echo(migrated, more=serve)
    with migrated.serving() as server:
        assert answer(server) == [413]
        option = wait_for_line(server, r"its body is over 1024 bytes, see \[serve\] (\w+)")
    configure_echo(migrated, more=re.sub(rf"(?m)^{option} = .*$", f"{option} = 4k", serve))
    with migrated.serving() as server:
        assert answer(server) == [200]


def test_a_worker_that_cannot_be_loaded_is_left_out(migrated: Machine) -> None:
    """Or another one is set; the interface then says which."""
    said = refused(migrated, "--set", "gunicorn.worker_class=nosuch.Worker", "runserve", "--check")
    found = re.search(r"Set another in (\[\w+\]) (\w+), or remove it and set (\[\w+\]) (\w+),", said)
    assert found, said
    migrated.configure(f"{found[1]}\n{found[2]} = sync\n")
    migrated.succeed("runserve", "--check")
    migrated.configure(f"{found[3]}\n{found[4]} = asgi\n")
    migrated.succeed("runserve", "--check")


def test_of_two_that_speak_differently_one_is_left_out(migrated: Machine) -> None:
    two = [["--set", "gunicorn.worker_class=sync"], ["--set", "serve.interface=asgi"]]
    said = refused(migrated, *two[0], *two[1], "runserve", "--check")
    assert "Remove one of the two." in said
    for one in two:
        migrated.succeed(*one, "runserve", "--check")


def test_the_program_that_was_meant_runs(machine: Machine) -> None:
    assert "django" in machine.succeed("pyz", "exec", meant(refused(machine, "pyz", "exec", "django-admn")), "help")
    found = re.search(r"There are (.*)\.$", refused(machine, "pyz", "exec", "zzzzzz"))
    assert found
    assert {"python", "django-admin"} <= set(found[1].split(", "))


def test_the_value_that_was_meant_is_explained(machine: Machine) -> None:
    said = refused(machine, "pyz", "config", "explain", "serve.treads")
    assert "serve.threads = 4" in machine.succeed("pyz", "config", "explain", meant(said))
    [show] = commands(said)
    assert "threads = 4" in follow(machine, show).stdout


def test_the_setting_that_was_meant_is_set(machine: Machine) -> None:
    text = "[settings]\nALOWED_HOSTS = www.example.org\n"
    machine.configure(text)
    machine.configure(text.replace("ALOWED_HOSTS", meant(refused(machine, "check"))))
    machine.succeed("check")


def test_from_a_folder_that_was_removed_a_whole_path_is_given_or_another_folder(machine: Machine) -> None:
    path = machine.configure("")
    program = shlex.quote(str(machine.executable))
    gone = f"mkdir gone && cd gone && rmdir ../gone && {program}"
    done = follow(machine, f"{gone} --config ../settings.ini pyz info")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Give an absolute path, or change to another folder." in done.stderr
    for command in (f"{gone} --config {path} pyz info", f"{program} --config ../settings.ini pyz info"):
        done = follow(machine, command)
        # The shell has a word to say of its own folder.
        assert (done.returncode, "project-script: " in done.stderr) == (0, False)


def test_what_cannot_be_installed_is_installed_below_another_folder(machine: Machine) -> None:
    (machine.folder / "file").touch()
    said = refused(machine, "pyz", "install", "--root", f"{machine.folder}/file")
    found = re.search(r"[Cc]hoose another folder with (--root)\.", said)
    assert found, said
    machine.succeed("pyz", "install", found[1], f"{machine.folder}/root")
