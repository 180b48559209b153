"""`pyz doctor` on a laptop: databases, certificates and caches in servers that are broken for real; no units."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import programs
from tests.e2e.harness import Machine, running, wait_for_line
from tests.e2e.release.cures import Told, follow
from tests.e2e.release.stoppable import Stoppable, stoppable
from tests.e2e.release.tea_shop import machine_with


@pytest.fixture(scope="module")
def database() -> Iterator[Stoppable]:
    with stoppable() as made:
        yield made


class Laptop(NamedTuple):
    """A machine whose user tries the site, with PostgreSQL.

    Attributes:
        machine: it.
        database: PostgreSQL, which need not run.
    """

    machine: Machine
    database: Stoppable

    def configure(self, settings: str) -> None:
        """Write [settings]."""
        self.machine.configure(f"[settings]\n{settings}\n")

    def says(self, *checks: str) -> Told:
        """What checks find."""
        return Told.of(self.machine.run("pyz", "doctor", "--json", *checks))

    def sql(self, statements: str) -> None:
        """Run statements, one by one, as the superuser of the database."""
        asked = [word for statement in statements.split("; ") for word in ("-c", statement)]
        psql = shutil.which("psql", path=programs.SEARCH) or ""
        subprocess.run([psql, "-qd", self.database.url(), *asked], check=True, capture_output=True)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        environment = self.machine.environment
        return subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)


@pytest.fixture
def laptop(tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path, database: Stoppable) -> Laptop:
    return Laptop(machine_with(tmp_path / "laptop", tea[0], shared_cache), database)


def test_nobody_has_configured_anything_and_the_cures_lead_to_a_site(laptop: Laptop) -> None:
    machine = laptop.machine
    del machine.environment["SHOP__CONFIG"]
    told = laptop.says()
    assert [finding["check"] for finding in told.findings if finding["severity"] != "info"] == ["migrations-missing"]
    assert told.exit_code == 3
    for finding in told.findings:
        if finding["severity"] == "error":
            follow([finding["cure"]], laptop.run, Path)
    done = machine.run("pyz", "doctor", "--verbose")
    assert done.returncode == 0, done.stdout
    assert "unit-files: does not apply: " in done.stdout


@pytest.mark.needs("postgres")
def test_a_database_that_is_away_is_started(laptop: Laptop) -> None:
    laptop.configure(f"DATABASES.default = {laptop.database.url()}")
    [finding] = laptop.says("database-reachable").findings
    assert (finding["severity"], "refused" in finding["found"]) == ("error", True)
    assert "secret" not in str(finding)
    assert finding["cure"] == f"by hand: start the database server at 127.0.0.1:{laptop.database.port}"
    [unknown] = laptop.says("migrations-missing").findings
    assert (unknown["severity"], unknown["what"]) == (
        "skipped",
        "not looked at: the database 'default' does not answer",
    )
    with laptop.database.running():
        assert laptop.says("database-reachable") == Told(0, [])


@pytest.mark.needs("postgres")
def test_a_database_that_takes_no_writes_is_opened(laptop: Laptop) -> None:
    """Whoever says so: the database, its user or the server; or the user has not the right."""
    off = "SET default_transaction_read_only = on"
    reader = laptop.database.url("another").replace("//shop:", "//reader:")
    with laptop.database.running():
        laptop.configure(f"DATABASES.default = {laptop.database.url()}")
        laptop.machine.succeed("migrate", "--verbosity", "0")
        for breaks, why, user in (
            (f'ALTER DATABASE "shop" {off}', "read-only transaction", ""),
            (f'ALTER ROLE "shop" {off}', "read-only transaction", ""),
            (f"ALTER SYSTEM {off}; SELECT pg_reload_conf()", "read-only transaction", ""),
            ("CREATE ROLE reader LOGIN PASSWORD 'another'", "permission denied", reader),
        ):
            laptop.sql(breaks)
            laptop.configure(f"DATABASES.default = {user or laptop.database.url()}")
            [finding] = laptop.says("database-writable").findings
            assert why in finding["found"], breaks
            assert finding["cure"].startswith("by hand: as a superuser of the database: ")
            laptop.sql(finding["cure"].partition("database: ")[2])
            assert laptop.says("database-writable") == Told(0, []), breaks


def _certificate(path: Path, days: int) -> None:
    """Write a certificate that expires in so many days, or has expired, and its key beside it."""
    key = f"{path}.key"
    end = datetime.now(UTC) + timedelta(days=days)
    usage = subprocess.run(["openssl", "x509", "-help"], check=True, capture_output=True, text=True).stderr
    # Since OpenSSL 3.4, which has this option, -days may not be negative.
    validity = (
        f"-not_before 20200101000000Z -not_after {end:%Y%m%d%H%M%SZ}" if "-not_after" in usage else f"-days {days}"
    )
    for words in (
        f"req -new -newkey ed25519 -nodes -subj /CN=shop -keyout {key} -out {path}.request",
        f"x509 -req -in {path}.request -signkey {key} {validity} -out {path}",
    ):
        subprocess.run(["openssl", *words.split()], check=True, capture_output=True)


@pytest.mark.needs("postgres", "openssl")
def test_certificates_for_a_database_are_looked_at(laptop: Laptop, tmp_path: Path) -> None:
    certificate = tmp_path / "shop.pem"
    laptop.configure(
        f"DATABASES.default = {laptop.database.url()}\n"
        f"DATABASES.default.OPTIONS.sslcert = {certificate}\nDATABASES.default.OPTIONS.sslkey = {certificate}.key"
    )
    with laptop.database.running():
        for days, whats in ((None, ["cannot be used"] * 2), (-1, ["has expired", "can be read by others"])):
            if days is not None:
                _certificate(certificate, days)
                Path(f"{certificate}.key").chmod(0o644)
            told = laptop.says("database-certificates")
            assert (told.exit_code, [finding["what"] for finding in told.findings]) == (3, whats)
            _certificate(certificate, 365)
            for finding in told.findings:
                if not finding["cure"].startswith("by hand: put "):
                    follow([finding["cure"]], laptop.run, Path)
            assert laptop.says("database-certificates") == Told(0, [])
        _certificate(certificate, 10)
        assert [finding["what"] for finding in laptop.says("database-certificates").findings] == ["expires soon"]


@pytest.mark.needs("redis-server")
def test_a_cache_that_is_away_is_started(laptop: Laptop, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    address = f"redis://127.0.0.1:{port}"
    cache = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": address}}
    laptop.configure(f"CACHES = {json.dumps(cache)}")
    [finding] = laptop.says("caches").findings
    assert finding["cure"] == f"by hand: start the cache server at {address}"
    program = shutil.which("redis-server", path=programs.SEARCH) or ""
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with running(command, env=os.environ) as server:
        wait_for_line(server, "Ready to accept connections")
        assert laptop.says("caches") == Told(0, [])


def test_servers_that_never_answer_are_given_five_seconds_all_at_once(laptop: Laptop) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=8) as silent:
        port: int = silent.getsockname()[1]
        laptop.configure(
            f"DATABASES.default = postgres://shop:secret@127.0.0.1:{port}/shop\n"
            f"EMAIL_HOST = 127.0.0.1\nEMAIL_PORT = {port}\n"
        )
        found = {finding["check"]: finding for finding in laptop.says("database-reachable", "email").findings}
        assert found["database-reachable"]["found"] == "no answer within 5 seconds"
        assert found["email"]["found"] in ("timed out", "no answer within 5 seconds")
        assert found["email"]["cure"] == f"by hand: start the mail server at 127.0.0.1:{port}"
