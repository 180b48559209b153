"""`pyz install --system` and `pyz uninstall` on a bare Debian 12: one command from a file to a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from django_pyz_runtime.release.files.site import Site, Timer
from django_pyz_runtime.release.files.units import timer_units
from tests.e2e.release.installed import FILE, IDLE, NEWER, PLACES, SERVICES, SETTINGS, UNITS, BareMachine
from tests.e2e.systemd.booted import CAN_BOOT, booted
from tests.e2e.systemd.booted_roots import root_file_system
from tests.waiting import wait_until

pytestmark = CAN_BOOT
_READY = "/var/lib/flat/ready"
_SLOW_TO_STOP = (
    "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (time.sleep(2), sys.exit())); "
    f'pathlib.Path("{_READY}").touch(); signal.pause()'
)
HOST = "--set=settings.ALLOWED_HOSTS=shop.example.org"


@pytest.fixture(scope="module")
def bare_machine(flat: Path, newer_flat: Path) -> Iterator[BareMachine]:
    with booted(root_file_system("bookworm")) as made:
        yield BareMachine(made, flat, newer_flat)


@pytest.fixture
def bare(bare_machine: BareMachine) -> Iterator[BareMachine]:
    """The machine, on which nothing is installed."""
    yield bare_machine
    bare_machine.purge()


def test_one_command_leads_to_a_page_and_again_changes_nothing(bare: BareMachine) -> None:
    said = bare.install(HOST)
    assert "is in place" not in said
    assert said.splitlines()[-2] == "flat is at http://127.0.0.1:8000/"
    assert bare.status("http://127.0.0.1:8000/", "shop.example.org") == 200
    settings = bare.booted.path(SETTINGS)
    assert "\nALLOWED_HOSTS = shop.example.org\n" in settings.read_text()
    assert re.search(r"^SECRET_KEY = \S{60,}$", settings.read_text(), re.MULTILINE)
    modes = bare.booted.succeed("stat", "--format=%U:%G %a", SETTINGS, "/var/lib/flat")
    assert modes == "root:flat 640\nflat:flat 750\n"
    for unit in ("flat.target", "flat.service", "flat.socket"):
        assert bare.booted.succeed("systemctl", "is-enabled", unit) == "enabled\n"
        assert bare.booted.succeed("systemctl", "is-active", unit) == "active\n"
    assert not bare.booted.path("/var/cache/flat").exists() or not any(bare.booted.path("/var/cache/flat").iterdir())

    before, main = bare.state(), bare.booted.succeed("systemctl", "show", "--property=MainPID", "flat.service")
    again = bare.install(HOST).splitlines()[:-2]
    assert [line for line in again if not line.endswith((": is in place", ": is ready"))] == []
    assert bare.state() == before
    assert bare.booted.succeed("systemctl", "show", "--property=MainPID", "flat.service") == main
    assert "written" not in bare.install()


def test_it_is_there_again_after_the_target_was_stopped_and_started(bare: BareMachine) -> None:
    bare.install(HOST)
    bare.booted.succeed("systemctl", "stop", "flat.target")
    units = ("systemctl", "is-active", "flat.service", "flat.socket")
    wait_until(lambda: bare.run(*units).stdout == "inactive\ninactive\n", "both to be stopped")
    assert "flat.service: started\n" in bare.install()
    assert bare.status("http://127.0.0.1:8000/", "shop.example.org") == 200


def test_a_settings_ini_of_before_is_kept_and_can_be_read_by_the_site(bare: BareMachine) -> None:
    """As `pyz config init` writes it, which finds no group; and a site needs no database."""
    bare.booted.succeed(FILE, "pyz", "config", "init")
    settings = bare.booted.path(SETTINGS)
    settings.write_text(settings.read_text().replace("[settings]", "[settings]\nDATABASES = {}"))
    before = settings.read_text()
    said = bare.install()
    assert "migrations: is in place\n" in said
    assert settings.read_text() == before
    assert bare.booted.succeed("stat", "--format=%U:%G %a", SETTINGS) == "root:flat 640\n"
    assert bare.status("http://127.0.0.1:8000/", "localhost") == 200


def test_a_unit_runs_its_command_word_by_word_and_goes_when_it_is_no_longer_wanted(bare: BareMachine) -> None:
    bare.install(HOST)
    words = ("a b", "$HOME", "%n", "it's", 'a"quote', "back\\slash", ";", "*", "", "two\nlines", "ü")
    code = "import sys; print(*map(ascii, sys.argv[1:]), sep='|')"
    timer = Timer("words", ("pyz", "exec", "python", "-c", code, *words), "daily")
    for name, text in timer_units(Site("flat", "flat"), timer).items():
        bare.booted.path(f"{UNITS}/{name}").write_text(text)
    bare.booted.succeed("systemctl", "daemon-reload")
    bare.booted.succeed("systemctl", "enable", "--now", "flat-words.timer")
    bare.booted.succeed("systemctl", "start", "flat-words.service")
    bare.booted.succeed("journalctl", "--sync")
    said = bare.booted.succeed("journalctl", "--output=cat", "--unit=flat-words.service", "--priority=info")
    assert "|".join(map(ascii, words)) in said.splitlines()
    said = bare.install()
    assert f"{UNITS}/flat-words.service: removed\n{UNITS}/flat-words.timer: removed\n" in said
    assert "\nflat.service: is in place\n" in said


def test_one_may_look_first(bare: BareMachine) -> None:
    said = bare.install("--print", HOST, "--set=settings.EMAIL_HOST_PASSWORD=swordfish-9")
    assert said.count(": would be ") == 21
    assert f"# {UNITS}/flat.socket\n# Written by flat for the site flat." in said
    assert "\nALLOWED_HOSTS = shop.example.org\n" in said
    assert "\nSECRET_KEY = ********\n" in said
    assert "swordfish" not in said
    assert [place for place in bare.there() if place != "/var/cache/flat"] == []


def test_a_foreign_program_is_in_the_way(bare: BareMachine) -> None:
    program = bare.booted.path("/usr/bin/flat")
    program.write_text("#!/bin/sh\n")
    assert "is not a bundle of the project flat" in bare.refusal(HOST)
    assert bare.there() == ["/usr/bin/flat"]
    program.unlink()
    bare.install(HOST)


def test_a_foreign_unit_user_or_folder_is_in_the_way(bare: BareMachine) -> None:
    unit = bare.booted.path(f"{UNITS}/flat.socket")
    unit.write_text("[Socket]\nListenStream=9\n")
    bare.booted.succeed("useradd", "--create-home", "flat")
    bare.booted.path("/var/lib/flat").mkdir()
    bare.booted.succeed("chown", "daemon", "/var/lib/flat")
    said = bare.refusal(HOST)
    assert f"{UNITS}/flat.socket: exists, and was not written for the site flat\n" in said
    assert "user flat: exists with the home /home/flat" in said
    assert "/var/lib/flat: belongs to the user daemon\n" in said
    assert bare.there() == ["/var/lib/flat", f"{UNITS}/flat.socket", "user"]
    bare.booted.succeed("userdel", "--remove", "flat")
    bare.booted.path("/var/lib/flat").rmdir()
    unit.unlink()
    bare.install(HOST)


def test_a_settings_ini_that_is_wrong_is_told_and_nothing_is_changed(bare: BareMachine) -> None:
    settings = bare.booted.path(SETTINGS)
    settings.parent.mkdir(exist_ok=True)
    settings.write_text("[settings]\nALLOWED_HOSTS = a.example.org\nDEBUG = maybe\n")
    said = bare.refusal()
    assert f"{SETTINGS}:3: [settings] DEBUG: wanted true or false, found 'maybe'\n" in said
    assert bare.there() == [SETTINGS]
    settings.write_text("[settings]\nALLOWED_HOSTS = a.example.org\n")
    assert f"{SETTINGS}:2: [settings] ALLOWED_HOSTS is 'a.example.org', and --set" in bare.refusal(HOST)
    assert bare.there() == [SETTINGS]
    bare.install("--set=serve.workers=1")
    assert settings.read_text() == "[settings]\nALLOWED_HOSTS = a.example.org\n\n[serve]\nworkers = 1\n"
    assert bare.status("http://127.0.0.1:8000/", "a.example.org") == 200


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("settings.DEBUG=maybe", "--set settings.DEBUG: wanted true or false, found 'maybe'"),
        ("serve.workers=many", "--set serve.workers: [serve] workers: wanted auto or a whole number from 1"),
        ("serve.bind=shop.example.org:80", "systemd listens at addresses, not at host names"),
        ("nonsense", "--set: wanted SECTION.KEY=VALUE"),
    ],
)
def test_a_value_that_is_wrong_is_told_and_nothing_is_changed(bare: BareMachine, given: str, told: str) -> None:
    said = bare.refusal(f"--set={given}")
    assert told.partition(": ")[0] in said, said
    assert bare.there() == []


def test_a_port_that_is_taken_is_told_and_by_whom(bare: BareMachine) -> None:
    bare.booted.succeed("systemd-run", "--unit=other", "python3", "-m", "http.server", "8000", "--bind", "127.0.0.1")
    bare.booted.succeed(
        "sh", "-c", "until python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 8000))'; do :; done"
    )
    said = bare.refusal(HOST)
    assert "127.0.0.1:8000 is already in use by python3, process " in said
    assert bare.there() == []
    bare.install(HOST, "--set=serve.bind=127.0.0.1:8001")
    assert bare.status("http://127.0.0.1:8001/", "shop.example.org") == 200


def test_what_fails_later_says_what_is_in_place_and_how_to_go_on(bare: BareMachine) -> None:
    """The database cannot be written. The advice is taken."""
    data = bare.booted.path("/var/lib/flat")
    data.mkdir()
    (data / "db.sqlite3").touch(0o600)
    done = bare.run(FILE, "pyz", "install", "--system", HOST)
    assert done.returncode == 2
    assert done.stdout.splitlines()[-1] == "systemd: reloaded"
    assert "migrations: could not be applied:\n" in done.stderr
    [again] = re.findall(r"then continue with: (.+)\n", done.stderr)
    bare.booted.succeed("chown", "flat", "/var/lib/flat/db.sqlite3")
    said = bare.booted.succeed(*again.split())
    assert f"{SETTINGS}: is in place\n" in said
    assert "migrations: applied\n" in said
    assert bare.status("http://127.0.0.1:8000/", "shop.example.org") == 200


def test_a_site_that_does_not_start_is_told_in_its_own_words(bare: BareMachine) -> None:
    drop_in = bare.booted.path("/etc/systemd/system/flat.service.d/wrong.conf")
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text("[Service]\nEnvironment=FLAT__SERVE__WORKERS=many\n")
    done = bare.run(FILE, "pyz", "install", "--system", HOST)
    assert done.returncode == 2
    assert "flat.service: could not be started:\n" in done.stderr
    assert "wanted auto or a whole number from 1, found 'many'" in done.stderr
    drop_in.unlink()
    drop_in.parent.rmdir()
    assert "flat.service: started\n" in bare.install()


def test_a_newer_file_takes_the_place_of_the_one_that_runs(bare: BareMachine) -> None:
    bare.install(HOST)
    main = bare.booted.succeed("systemctl", "show", "--property=MainPID", "flat.service")
    said = bare.booted.succeed(NEWER, "pyz", "install", "--system", "--set=env.GREETING=hello")
    assert f"{SETTINGS}: written\n" in said
    assert "/usr/bin/flat: written\n" in said
    assert "flat.service: started\n" in said
    assert bare.booted.succeed("systemctl", "show", "--property=MainPID", "flat.service") == main
    assert bare.status("http://127.0.0.1:8000/newer/", "shop.example.org") == 200


def test_services_run_with_the_site_and_in_the_code_of_its_release(bare: BareMachine) -> None:
    bare.install(HOST, "--set=services.waiter=python -c 'import signal; signal.pause()'")
    wait_until(lambda: "\nwaiter " in bare.run("flat", "pyz", "status").stdout, "the service to run")
    before = bare.booted.succeed("systemctl", "show", "--property=MainPID", "flat-waiter.service")
    bare.booted.succeed(NEWER, "pyz", "install", "--system")
    status = ("flat", "pyz", "status")
    wait_until(lambda: "\nwaiter " in (said := bare.run(*status).stdout) and "OLD CODE" not in said, "the new code")
    assert bare.booted.succeed("systemctl", "show", "--property=MainPID", "flat-waiter.service") != before
    bare.booted.succeed("systemctl", "stop", "flat.target")
    wait_until(lambda: bare.run("systemctl", "is-active", "flat-waiter").stdout == "inactive\n", "it to be stopped")


def test_a_restore_waits_for_services_that_are_being_stopped(bare: BareMachine) -> None:
    bare.install(HOST, f"--set=services.slow=manage.py shell -v 0 -c '{_SLOW_TO_STOP}'")
    bare.booted.succeed("flat", "pyz", "backup", "/root/flat.tar.gz")
    restore = ("flat", "pyz", "restore", "--replace", "/root/flat.tar.gz")
    refused = bare.run(*restore)
    assert (refused.returncode, refused.stdout) == (2, "")
    told = refused.stderr.partition("Stop it first: `")[2].partition("`")[0]
    assert told == "systemctl stop flat.target flat.service flat-slow.service"
    for stop in (told, "systemctl stop flat.target"):
        wait_until(bare.booted.path(_READY).exists, refused.stderr)
        bare.booted.path(_READY).unlink()
        bare.booted.succeed("sh", "-c", f"{stop} && {' '.join(restore)} && systemctl start flat.target")


def test_processes_are_shown_as_what_they_are_and_all_are_well_confined(bare: BareMachine) -> None:
    bare.install(HOST, *SERVICES)
    bare.booted.succeed("systemd-run", "--unit=by-hand", "/usr/bin/flat", "shell", "-v", "0", "-c", IDLE)
    web, worker, by_hand = ("flat.service", "flat-shell.service", "by-hand.service")
    titles = ["flat: master", "flat: worker 1", "flat: worker 2"]
    typed = [f"/usr/bin/flat shell -v 0 -c {IDLE}"]
    bare.shows({web: titles, worker: ["/usr/bin/flat pyz service shell"], by_hand: typed})
    assert len(bare.booted.succeed("pidof", "flat").split()) == 5
    assert bare.booted.badly_confined(web, worker, "flat-check.service") == []
    bare.booted.succeed("systemctl", "stop", by_hand)


def test_a_credential_of_the_unit_is_seen_while_the_service_runs(bare: BareMachine) -> None:
    """The advice is taken where it does not run."""
    bare.install(HOST)
    settings, drop_in = bare.booted.path(SETTINGS), bare.booted.path("/etc/systemd/system/flat.service.d/key.conf")
    [key] = re.findall(r"^SECRET_KEY = (.+)$", settings.read_text(), re.MULTILINE)
    bare.booted.path("/etc/flat/key").write_text(key)
    bare.booted.path("/etc/flat/key").chmod(0o600)
    settings.write_text(settings.read_text().replace(f"SECRET_KEY = {key}", "SECRET_KEY@credential = key"))
    drop_in.parent.mkdir()
    drop_in.write_text("[Service]\nLoadCredential=key:/etc/flat/key\n")
    bare.booted.succeed("systemctl", "daemon-reload")
    bare.booted.succeed("systemctl", "stop", "flat.service")
    said = bare.refusal()
    assert "[settings] SECRET_KEY@credential: wanted the credential 'key', found no CREDENTIALS_DIRECTORY" in said
    [start] = re.findall(r"`(systemctl start \S+)`", said)
    bare.booted.succeed(*start.split())
    assert "written" not in bare.install()
    bare.booted.succeed(NEWER, "pyz", "upgrade")
    assert bare.status("http://127.0.0.1:8000/newer/", "shop.example.org") == 200
    drop_in.unlink()
    drop_in.parent.rmdir()


SAYING = """
import logging
from django.http import HttpResponse
from django.urls import path

log = logging.getLogger("saying")


def says(request):
    log.info("an information")
    log.warning("a warning\\nof two lines")
    raise ValueError("broken")


def much(request):
    log.warning("much" * 100_000)
    return HttpResponse()


urlpatterns = [path("says/", says), path("much/", much)]
"""
COMMAND = """shell -c 'import logging; logging.warning("of a command"); raise ValueError("broken command")'"""


def test_the_journal_has_events_with_priorities(bare: BareMachine) -> None:
    """JSON for the site, which stays whole whatever its size; a command has Python's own text."""
    bare.booted.path("/etc/saying.py").write_text(SAYING)
    begin = bare.booted.succeed("journalctl", "--lines=1", "--show-cursor", "--output=cat")
    cursor = begin.rpartition("cursor: ")[2].strip()

    def events(unit: str, *more: str) -> list[dict[str, str]]:
        bare.booted.succeed("journalctl", "--sync")
        # Where fields are asked for, --after-cursor of systemd 252 leaves out the first event that has them.
        which = (f"--cursor={cursor}", f"--unit={unit}", "--output=json", "--all", *more)
        found = [json.loads(line) for line in bare.booted.succeed("journalctl", *which).splitlines()]
        return [event for event in found if event["SYSLOG_IDENTIFIER"] != "systemd"]

    options = ("settings.ROOT_URLCONF=saying", "modules.saying=/etc/saying.py", "log.format=json")
    bare.install(HOST, *(f"--set={option}" for option in options), f"--set=services.fails={COMMAND}")
    for path, status in (("says", 500), ("missing", 404), ("much", 200)):
        assert bare.status(f"http://127.0.0.1:8000/{path}/", "shop.example.org") == status
    warnings = events("flat.service", "--priority=warning")
    assert [event["PRIORITY"] for event in warnings] == ["4", "3", "4", "4"]
    warning, error, missing, much = [json.loads(event["MESSAGE"]) for event in warnings]
    assert warning["message"] == "a warning\nof two lines"
    assert error["message"] == "Internal Server Error: /says/"
    assert error["traceback"].endswith("\nValueError: broken")
    assert missing["message"] == "Not Found: /missing/"
    assert much["message"] == "much" * 100_000
    assert [event["REQUEST_ID"] for event in warnings[:2]] == [warning["request_id"]] * 2
    by_name = events("flat.service", f"REQUEST_ID={warning['request_id']}")
    assert [json.loads(event["MESSAGE"])["message"] for event in by_name[:1]] == ["an information"]
    assert by_name[0]["PRIORITY"] == "6"

    def failures() -> list[dict[str, str]]:
        return events("flat-fails.service", "--priority=warning")

    wait_until(lambda: len(failures()) > 1, "the command to fail")
    warning_of_command, failure = failures()[:2]
    assert (warning_of_command["PRIORITY"], warning_of_command["MESSAGE"]) == ("4", "WARNING:root:of a command")
    assert (failure["PRIORITY"], failure["MESSAGE"].splitlines()[-1]) == ("3", "ValueError: broken command")


def test_what_is_uninstalled_leaves_data_and_settings_and_what_is_purged_nothing(bare: BareMachine) -> None:
    bare.install(HOST)
    looked = bare.booted.succeed("/usr/bin/flat", "pyz", "uninstall", "--print")
    said = bare.booted.succeed("/usr/bin/flat", "pyz", "uninstall")
    assert looked.replace("would be ", "") == said
    assert "flat.target: stopped\n" in said
    assert said.endswith("/var/lib/flat: stays\n/etc/flat: stays\nuser flat: stays\n")
    assert bare.there() == [SETTINGS, "/var/lib/flat", "user"]
    assert bare.booted.path("/var/lib/flat/db.sqlite3").exists()
    assert "could not be found" in bare.run("systemctl", "status", "flat.service").stderr
    bare.install()
    assert bare.there() == [place for place in (*PLACES, "user") if place in bare.there()]
    assert bare.status("http://127.0.0.1:8000/", "shop.example.org") == 200
    said = bare.booted.succeed("/usr/bin/flat", "pyz", "uninstall", "--purge")
    assert "/var/lib/flat: removed\n/etc/flat: removed\nuser flat: removed\n/usr/lib/flat/releases: removed\n" in said
    assert bare.there() == []
    assert bare.booted.succeed("sh", "-c", "ls -d /run/flat* /etc/systemd/system/*/flat* 2>/dev/null; true") == ""
