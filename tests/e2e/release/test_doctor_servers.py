"""`pyz doctor` on a laptop: databases, certificates and caches in servers that are broken for real; no units."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import programs
from tests.e2e.harness import Machine, running, wait_for_line
from tests.e2e.release.cures import Told, follow
from tests.e2e.release.stoppable import Stoppable, stoppable
from tests.e2e.release.tea_shop import machine_with
from tests.e2e.reload.releases import build

FILES = {
    "requirements.txt": "Django==5.2.19\npsycopg[binary]\nredis\n",
    "shop/settings.py": """\
from pathlib import Path

SECRET_KEY = "django-insecure-for-development-only"
ALLOWED_HOSTS = ["shop.example.org"]
ROOT_URLCONF = "shop.urls"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.staticfiles", "shop"]
STATIC_URL = "static/"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).parent.parent / "db.sqlite3"}}
""",
}


@pytest.fixture(scope="module")
def bundle(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(checkout, tmp_path_factory.mktemp("laptop"), "laptop", **FILES)


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
def laptop(bundle: Path, tmp_path: Path, shared_cache: Path, database: Stoppable) -> Laptop:
    return Laptop(machine_with(tmp_path / "laptop", bundle, shared_cache), database)


def test_nobody_has_configured_anything_and_the_cures_lead_to_a_site(laptop: Laptop) -> None:
    machine = laptop.machine
    del machine.environment["SHOP__CONFIG"]
    told = laptop.says()
    assert [finding["check"] for finding in told.findings if finding["severity"] != "info"] == ["migrations-missing"]
    assert told.exit_code == 3
    for finding in told.findings:
        if finding["severity"] == "error":
            follow(finding["cure"], laptop.run, Path)
    done = machine.run("pyz", "doctor", "--verbose")
    assert done.returncode == 0, done.stdout
    assert "unit-files: does not apply: " in done.stdout


@pytest.mark.needs("postgres")
def test_a_database_that_is_away_is_started(laptop: Laptop) -> None:
    laptop.configure(f"DATABASES.default = {laptop.database.url()}")
    [finding] = laptop.says("database-reachable").findings
    assert (finding["severity"], "refused" in finding["found"]) == ("error", True)
    assert "secret" not in str(finding)
    assert finding["cure"] == f"start the database server at 127.0.0.1:{laptop.database.port}"
    [unknown] = laptop.says("migrations-missing").findings
    assert (unknown["severity"], unknown["what"]) == (
        "skipped",
        "not looked at: the database 'default' does not answer",
    )
    with laptop.database.running():
        assert laptop.says("database-reachable") == Told(0, [])


@pytest.mark.needs("postgres")
@pytest.mark.parametrize(
    ("breaks", "mends"),
    [
        ('ALTER DATABASE "shop" SET default_transaction_read_only = on', 'ALTER DATABASE "shop" RESET'),
        ('ALTER ROLE "shop" SET default_transaction_read_only = on', 'ALTER ROLE "shop" RESET'),
        ("ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf()", "ALTER SYSTEM RESET"),
    ],
    ids=["of the database", "of the user", "of the server"],
)
def test_a_database_that_takes_no_writes_is_opened(breaks: str, mends: str, laptop: Laptop) -> None:
    laptop.configure(f"DATABASES.default = {laptop.database.url()}")
    with laptop.database.running():
        laptop.machine.succeed("migrate", "--verbosity", "0")
        laptop.sql(breaks)
        [finding] = laptop.says("database-writable").findings
        assert "read-only transaction" in finding["found"]
        asks, _, statements = finding["cure"].partition(": ")
        assert (asks, mends in statements) == ("as a superuser of the database", True)
        laptop.sql(statements)
        assert laptop.says("database-writable") == Told(0, [])


@pytest.mark.needs("postgres")
def test_a_user_who_may_not_write_gets_the_right(laptop: Laptop) -> None:
    with laptop.database.running():
        laptop.configure(f"DATABASES.default = {laptop.database.url()}")
        laptop.machine.succeed("migrate", "--verbosity", "0")
        laptop.sql("CREATE ROLE reader LOGIN PASSWORD 'another'")
        laptop.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        url = laptop.database.url("another").replace("//shop:", "//reader:")
        laptop.configure(f"DATABASES.default = {url}")
        [finding] = laptop.says("database-writable").findings
        assert "permission denied" in finding["found"]
        laptop.sql(finding["cure"].removeprefix("as a superuser of the database: "))
        assert laptop.says("database-writable") == Told(0, [])


def _certificate(path: Path, days: int) -> None:
    """Write a certificate that ends in so many days, or did so, and its key beside it."""
    key = f"{path}.key"
    for words in (
        f"req -new -newkey ed25519 -nodes -subj /CN=shop -keyout {key} -out {path}.request",
        f"x509 -req -in {path}.request -signkey {key} -days {days} -out {path}",
    ):
        subprocess.run(["openssl", *words.split()], check=True, capture_output=True)


@pytest.mark.needs("postgres", "openssl")
@pytest.mark.parametrize("breaks", ["expired", "soon", "missing", "open key"])
def test_certificates_for_a_database_are_looked_at(breaks: str, laptop: Laptop, tmp_path: Path) -> None:
    certificate = tmp_path / "shop.pem"
    _certificate(certificate, 365)
    laptop.configure(
        f"DATABASES.default = {laptop.database.url()}\n"
        f"DATABASES.default.OPTIONS.sslcert = {certificate}\nDATABASES.default.OPTIONS.sslkey = {certificate}.key"
    )
    with laptop.database.running():
        assert laptop.says("database-certificates") == Told(0, [])
        if breaks == "missing":
            certificate.unlink()
        elif breaks == "open key":
            Path(f"{certificate}.key").chmod(0o644)
        else:
            _certificate(certificate, 10 if breaks == "soon" else -1)
        told = laptop.says("database-certificates")
        [finding] = told.findings
        assert told.exit_code == (1 if breaks == "soon" else 3)
        if breaks == "open key":
            follow(finding["cure"], laptop.run, Path)
        else:
            assert finding["cure"].endswith(f" at {certificate}")
            _certificate(certificate, 365)
        assert laptop.says("database-certificates") == Told(0, [])


@pytest.mark.needs("redis-server")
def test_a_cache_that_is_away_is_started(laptop: Laptop, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    address = f"redis://127.0.0.1:{port}"
    cache = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": address}}
    laptop.configure(f"CACHES = {json.dumps(cache)}")
    [finding] = laptop.says("caches").findings
    assert finding["cure"] == f"start the cache server at {address}"
    program = shutil.which("redis-server", path=programs.SEARCH) or ""
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with running(command, env=os.environ) as server:
        wait_for_line(server, "Ready to accept connections")
        assert laptop.says("caches") == Told(0, [])
