"""A backup is whole, readable by ordinary tools, and brings everything back, or nothing is changed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests import programs
from tests.conftest import CHECKOUT
from tests.e2e.database_servers import as_owner, mariadb, postgresql
from tests.e2e.faults.small_machines import NOBODY, mounted
from tests.e2e.harness import Machine
from tests.e2e.release.shop_with_data import AFTERWARDS, CHANGE, build_shop, empty, files, fill, python, rows, write
from tests.waiting import DEADLINE_SECONDS, wait_until

PASSWORD = 'p#a"s\\w =d;'
POSTGRESQL = "postgresql"
MARIADB = "mysql"
SQLITE = "sqlite"
_DROP = {
    POSTGRESQL: ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"],
    MARIADB: ["DROP DATABASE shop", "CREATE DATABASE shop CHARACTER SET utf8mb4"],
}


@pytest.fixture(scope="module")
def shop_with_data(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a site with models."""
    return build_shop(checkout, tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def postgres_socket() -> Iterator[Path]:
    """Of a server."""
    with postgresql("shop", PASSWORD) as folder:
        yield folder


@pytest.fixture(scope="module")
def mariadb_socket() -> Iterator[Path]:
    """Of a server."""
    with mariadb("shop", PASSWORD) as socket:
        yield socket


class Site:
    """A site with one of the databases.

    Args:
        machine: of the site.
        scheme: of the database's URL; nothing for SQLite.
        socket: of its server.
    """

    def __init__(self, machine: Machine, scheme: str = "", socket: str = "") -> None:
        self.machine = machine
        self.scheme = scheme
        self._socket = socket
        self.configure()

    def configure(self, password: str = PASSWORD) -> None:
        """Write settings.ini."""
        password, socket = (quote(text, safe="") for text in (password, self._socket))
        line = f"DATABASES.default = {self.scheme}://shop:{password}@{socket}/shop\n" if self.scheme else ""
        self.machine.configure(f"[settings]\n{line}")

    def forget(self) -> None:
        """Be as on a new machine: no tables, no files."""
        if statements := _DROP.get(self.scheme):
            code = f"from django.db import connection\nfor s in {statements!r}: connection.cursor().execute(s)"
            python(self.machine, code)
        empty(self.machine)


@pytest.fixture
def new_machine(shop_with_data: Path, tmp_path: Path, shared_cache: Path) -> Machine:
    """A machine with that site."""
    made = Machine(tmp_path, shop_with_data, "shop")
    made.environment["CACHE_DIRECTORY"] = str(shared_cache)
    return made


@pytest.fixture(scope="module")
def filled_data(shop_with_data: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a site with SQLite and some data."""
    machine = Machine(tmp_path_factory.mktemp("filled"), shop_with_data, "shop")
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    fill(machine)
    return machine.data


@pytest.fixture
def sqlite_site(new_machine: Machine) -> Site:
    """With SQLite, and nothing in it."""
    return Site(new_machine)


@pytest.fixture
def filled_site(new_machine: Machine, filled_data: Path) -> Site:
    """With SQLite, and data."""
    shutil.copytree(filled_data, new_machine.data, symlinks=True)
    return Site(new_machine)


SERVERS = [
    pytest.param(POSTGRESQL, marks=pytest.mark.needs("postgres")),
    pytest.param(MARIADB, marks=pytest.mark.needs("mariadbd")),
]
with_a_server = pytest.mark.parametrize("site", SERVERS, indirect=True)


@pytest.fixture(params=[SQLITE, *SERVERS])
def site(request: pytest.FixtureRequest, new_machine: Machine) -> Site:
    """With each of the databases, which is empty."""
    if request.param == SQLITE:
        return Site(new_machine)
    server = "postgres_socket" if request.param == POSTGRESQL else "mariadb_socket"
    made = Site(new_machine, request.param, str(request.getfixturevalue(server)))
    made.forget()
    return made


def backed_up(machine: Machine, *arguments: str) -> Path:
    """Make a backup, and give its path."""
    return Path(machine.succeed("pyz", "backup", *arguments).partition(": written")[0])


def refused(machine: Machine, *arguments: str, **environment: str) -> str:
    """What is said where a command of pyz is refused; there is no traceback and no password in it."""
    done = machine.run("pyz", *arguments, **environment)
    assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert PASSWORD not in done.stderr
    return done.stderr


def test_a_backup_brings_everything_back(site: Site) -> None:
    machine = site.machine
    fill(machine)
    before = rows(machine), files(machine)
    backup = backed_up(machine)
    assert (backup.parent, backup.stat().st_mode & 0o777) == (machine.data / "backups", 0o600)
    assert backup.parent.stat().st_mode & 0o777 == 0o700
    assert os.listdir(backup.parent) == [backup.name]

    python(machine, CHANGE)
    write(machine.data / "media" / "later.txt", b"later")
    (machine.data / "media" / "empty.txt").unlink()
    changed = rows(machine), files(machine)
    assert changed != before
    assert "--replace" in refused(machine, "restore", str(backup))
    assert (rows(machine), files(machine)) == changed

    done = machine.run("pyz", "restore", "--replace", str(backup))
    assert (done.returncode, done.stderr) == (0, "")
    assert str(backup) in done.stdout
    assert (rows(machine), files(machine)) == before

    site.forget()
    machine.succeed("pyz", "restore", str(backup))
    assert (rows(machine), files(machine)) == before
    # The table of a later release is gone, and a sequence goes on behind what was restored.
    python(machine, AFTERWARDS)
    assert os.listdir(backup.parent) == [backup.name]


def test_data_that_a_server_uses_are_not_replaced(migrated: Machine) -> None:
    backup = backed_up(migrated)
    with migrated.serving() as server:
        said = refused(migrated, "restore", "--replace", str(backup))
        assert f"web (process {server.process.pid})" in said
        command = said.partition("Stop it first: `")[2].partition("`")[0]
        ended = threading.Thread(target=server.process.wait, args=(DEADLINE_SECONDS,))
        ended.start()
        subprocess.run(command, shell=True, check=True, timeout=DEADLINE_SECONDS)
        migrated.succeed("pyz", "restore", "--replace", str(backup))
        ended.join()


def test_ordinary_tools_read_it(site: Site, tmp_path: Path) -> None:
    machine = site.machine
    fill(machine)
    backup = backed_up(machine, str(tmp_path))
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["tar", "-xzf", backup, "-C", out], check=True)
    facts = json.loads((out / "manifest.json").read_text())
    assert (facts["format"], facts["name"]) == (1, "shop")
    default = facts["databases"]["default"]
    assert "shop.0001_initial" in default["migrations"]
    assert (out / "media" / "ünï code" / "a.bin").read_bytes() == b"\0\xff" * 5000
    assert (out / "secret_key").read_bytes() == (machine.data / "secret_key").read_bytes()
    dump = out / default["member"]
    if default["vendor"] == "sqlite":
        with contextlib.closing(sqlite3.connect(dump)) as database:
            assert database.execute("SELECT count(*) FROM shop_item").fetchone() == (2,)
    elif default["vendor"] == "postgresql":
        restore = shutil.which("pg_restore", path=programs.SEARCH) or ""
        assert "TABLE DATA public shop_item" in subprocess.check_output([restore, "--list", dump], text=True)
    else:
        assert "CREATE TABLE `shop_item`" in dump.read_text()


@pytest.mark.needs("root", "postgres")
def test_root_connects_as_the_owner_of_the_data(new_machine: Machine) -> None:
    """Whom PostgreSQL knows by the user at the other end of its socket."""
    with postgresql("nobody", trusts="peer") as folder:

        def ask(sql: str) -> str:
            command = as_owner("psql", "-h", folder, "--no-psqlrc", "-tAc", sql)
            return subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout

        new_machine.configure(f"[settings]\nDATABASES.default = postgres://{quote(str(folder), safe='')}/nobody\n")
        new_machine.succeed("check")
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", new_machine.data], check=True)
        ask("CREATE TABLE teas (name text)")
        ask("INSERT INTO teas VALUES ('assam')")
        backup = backed_up(new_machine)
        assert backup.stat().st_uid == NOBODY
        ask("DROP TABLE teas")
        new_machine.succeed("pyz", "restore", str(backup))
        ask("INSERT INTO teas VALUES ('ceylon')")
        new_machine.succeed("pyz", "restore", "--replace", str(backup))
        assert ask("SELECT name, tableowner FROM teas, pg_tables WHERE tablename = 'teas'") == "assam|nobody\n"


@pytest.mark.needs("root", "mariadbd")
def test_root_connects_to_mariadb_as_the_owner_of_the_data(new_machine: Machine, mariadb_socket: Path) -> None:
    """Whom it knows by the plugin unix_socket."""

    def ask(sql: str) -> str:
        command = as_owner("mariadb", "--no-defaults", f"--socket={mariadb_socket}", "--user=root", "-Ne", sql)
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout

    ask(
        "CREATE DATABASE teas; CREATE TABLE teas.teas (name text); INSERT INTO teas.teas VALUES ('assam');"
        "CREATE USER nobody@localhost IDENTIFIED VIA unix_socket; GRANT ALL ON teas.* TO nobody@localhost"
    )
    url = f"mysql://nobody@{quote(str(mariadb_socket), safe='')}/teas"
    new_machine.configure(f"[settings]\nDATABASES.default = {url}\n")
    new_machine.data.mkdir()
    os.chown(new_machine.data, NOBODY, NOBODY)
    backup = backed_up(new_machine)
    ask("DROP TABLE teas.teas")
    new_machine.succeed("pyz", "restore", str(backup))
    ask("INSERT INTO teas.teas VALUES ('ceylon')")
    new_machine.succeed("pyz", "restore", "--replace", str(backup))
    assert ask("SELECT name FROM teas.teas") == "assam\n"


@with_a_server
def test_a_wrong_password_is_told(site: Site) -> None:
    machine = site.machine
    site.configure("wrong-and-secret")
    said = refused(machine, "backup")
    assert "the database 'default'" in said
    assert "--without-database default" in said
    assert "wrong-and-secret" not in said
    assert not list((machine.data / "backups").iterdir())
    machine.succeed("pyz", "backup", "--without-database", "default")


@with_a_server
def test_a_missing_program_is_told(site: Site, tmp_path: Path) -> None:
    fewer = tmp_path / "fewer"
    fewer.mkdir()
    python = f"python3.{sys.version_info.minor}"
    for name in ("sh", "env", python, "python3", "dirname", "readlink", "uname"):
        if found := shutil.which(name, path=site.machine.environment["PATH"]):
            (fewer / name).symlink_to(os.path.realpath(found))
    said = refused(site.machine, "backup", PATH=str(fewer))
    assert "there is no program" in said
    assert "apt-get install" in said
    assert not list((site.machine.data / "backups").iterdir())


@with_a_server
def test_a_failing_restore_leaves_everything_as_it_was(site: Site, tmp_path: Path) -> None:
    """The dump is replaced by one that breaks half way, in an archive that is whole."""
    machine = site.machine
    fill(machine)
    before = rows(machine), files(machine)
    backup = backed_up(machine)
    broken = _with_broken_dump(backup, tmp_path)
    said = refused(machine, "restore", "--replace", str(broken))
    assert (rows(machine), files(machine)) == before, said
    assert "everything is as it was before" in said
    assert os.listdir(backup.parent) == [backup.name]
    assert not list(machine.data.rglob(".restore-*"))


def _with_broken_dump(backup: Path, folder: Path) -> Path:
    """A backup that is whole, of a database that cannot be restored."""
    out = folder / "unpacked"
    with tarfile.open(backup) as tar:
        tar.extractall(out, filter="fully_trusted")
    facts = json.loads((out / "manifest.json").read_text())
    member = facts["databases"]["default"]["member"]
    dump = out / member
    content = dump.read_bytes()
    if member.endswith(".sql"):
        content = content.replace(b"INSERT INTO `shop_item`", b"INSERT INTO `no_such_table`")
    else:
        content = content[: len(content) * 3 // 4]
    dump.write_bytes(content)
    for one in facts["members"]:
        if one["name"] == member:
            one.update(size=len(content), sha256=hashlib.sha256(content).hexdigest())
    (out / "manifest.json").write_text(json.dumps(facts))
    broken = folder / "broken.tar.gz"
    with tarfile.open(broken, "w:gz") as tar:
        for one in facts["members"]:
            tar.add(out / one["name"], one["name"], recursive=False)
        tar.add(out / "manifest.json", "manifest.json")
    return broken


def test_a_damaged_archive_is_refused_before_anything_is_touched(filled_site: Site) -> None:
    machine = filled_site.machine
    before = rows(machine), files(machine)
    backup = backed_up(machine)
    whole = backup.read_bytes()
    damaged = {f"flip-{at}": _flipped(whole, len(whole) * at // 10) for at in (2, 5, 8)}
    damaged |= {"cut": whole[:-100], "empty": b"", "text": b"no backup", "sum": _flipped(whole, len(whole) - 6)}
    for name, content in damaged.items():
        path = machine.folder / name
        path.write_bytes(content)
        assert str(path) in refused(machine, "restore", "--replace", str(path))
    assert (rows(machine), files(machine)) == before


def _flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_the_backup_of_another_project_is_refused(migrated: Machine, shop_with_data: Path) -> None:
    foreign = backed_up(migrated)
    migrated.executable = shop_with_data
    said = refused(migrated, "restore", "--replace", str(foreign))
    assert "is a backup of the project project, wanted one of shop" in said


@pytest.mark.needs(programs.ROOT)
def test_on_a_full_disk_nothing_is_left_behind(filled_site: Site, tmp_path: Path) -> None:
    machine = filled_site.machine
    write(machine.data / "media" / "large", os.urandom(400_000))
    before = rows(machine), files(machine)
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=300k", "tmpfs") as small:
        said = refused(machine, "backup", str(small / "x.tar.gz"))
        assert "no space left on device" in said.lower() or "disk is full" in said
        assert list(small.iterdir()) == []
    backup = backed_up(machine)
    shutil.rmtree(machine.data / "media")
    (machine.data / "media").mkdir()
    with mounted(machine.data / "media", "-t", "tmpfs", "-o", "size=300k", "tmpfs") as media:
        said = refused(machine, "restore", "--replace", str(backup))
        assert "no space left on device" in said
        assert list(media.iterdir()) == []
    # A place where a file system is mounted is filled as well.
    with mounted(machine.data / "media", "-t", "tmpfs", "-o", "size=3m", "tmpfs"):
        machine.succeed("pyz", "restore", "--replace", str(backup))
        assert (rows(machine), files(machine)) == before


def test_a_file_that_gets_too_large_leaves_nothing_behind(site: Site) -> None:
    fill(site.machine)
    write(site.machine.data / "media" / "large", os.urandom(300_000))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = subprocess.run(
        [site.machine.executable, "pyz", "backup"],
        env=site.machine.environment,
        capture_output=True,
        text=True,
        preexec_fn=limit,
        timeout=DEADLINE_SECONDS,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert list((site.machine.data / "backups").iterdir()) == []


def test_what_cannot_be_written_is_told(sqlite_site: Site, tmp_path: Path) -> None:
    machine = sqlite_site.machine
    assert "does not exist" in refused(machine, "backup")
    machine.succeed("migrate", "--verbosity", "0")
    assert "there is no folder" in refused(machine, "backup", str(tmp_path / "none" / "x.tar.gz"))
    there = tmp_path / "there"
    there.write_text("mine")
    assert "already exists" in refused(machine, "backup", str(there))
    assert there.read_text() == "mine"
    shutil.rmtree(machine.data / "backups")
    (machine.data / "backups").write_text("a file")
    assert str(machine.data / "backups") in refused(machine, "backup")


def test_only_the_newest_are_kept_where_that_is_asked_for(filled_site: Site) -> None:
    machine = filled_site.machine
    old = [f"shop-2020010{day}T000000Z.tar.gz" for day in (1, 2)] + ["shop-20200102T000000Z-10.tar.gz"]
    others = ["shop.tar.gz", "other-20200101T000000Z.tar.gz", "before upgrade.tar.gz"]
    for name in [*old, *others]:
        write(machine.data / "backups" / name, b"")
    backup = backed_up(machine, "--keep", "2")
    kept = set(os.listdir(backup.parent))
    assert kept == {*others, backup.name, "shop-20200102T000000Z-10.tar.gz"}


def test_a_database_in_use_is_not_pulled_away(filled_site: Site) -> None:
    machine = filled_site.machine
    backup = backed_up(machine)
    with contextlib.closing(sqlite3.connect(machine.data / "db.sqlite3")) as database:
        database.execute("SELECT count(*) FROM shop_item").fetchone()
        said = refused(machine, "restore", "--replace", str(backup))
    assert f"in use by process {os.getpid()}" in said
    assert "Stop the site" in said
    machine.succeed("pyz", "restore", "--replace", str(backup))


@pytest.mark.needs(programs.ROOT)
def test_what_root_makes_belongs_to_the_owner_of_the_data(filled_site: Site) -> None:
    machine = filled_site.machine
    for path in (machine.data, *machine.data.rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    backup = backed_up(machine)
    machine.succeed("pyz", "restore", "--replace", str(backup))
    owners = {str(path): path.lstat().st_uid for path in (machine.data, *machine.data.rglob("*"))}
    assert set(owners.values()) == {65534}, owners


@pytest.mark.needs(programs.ROOT)
def test_root_is_not_led_out_of_the_data_by_a_link(filled_site: Site, tmp_path: Path) -> None:
    machine = filled_site.machine
    backup = backed_up(machine)
    victim = tmp_path / "victim"
    write(victim / "passwd", b"root")
    shutil.rmtree(machine.data / "media")
    (machine.data / "media").symlink_to(victim)
    for path in (machine.data, *machine.data.rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    assert "belongs to user root" in refused(machine, "backup")
    assert "belongs to user root" in refused(machine, "restore", "--replace", str(backup))
    assert [path.name for path in victim.iterdir()] == ["passwd"]


def test_links_that_lead_elsewhere_are_told(filled_site: Site) -> None:
    machine = filled_site.machine
    (machine.data / "media" / "outside").symlink_to("/etc")
    done = machine.run("pyz", "backup")
    assert done.returncode == 0
    assert f"{machine.data}/media/outside: skipped: " in done.stderr
    with tarfile.open(done.stdout.partition(": written")[0]) as tar:
        assert "media/outside" not in tar.getnames()
        assert "media/link" in tar.getnames()


def test_the_sample_comes_back(migrated: Machine) -> None:
    crashes = CHECKOUT / "src/project/crashstats/fixtures/sample_crashes.jsonl"
    migrated.succeed("import_crashes", str(crashes))
    before = migrated.succeed("dumpdata", "crashstats")
    backup = backed_up(migrated)
    migrated.succeed("flush", "--noinput")
    migrated.succeed("pyz", "restore", "--replace", str(backup))
    assert migrated.succeed("dumpdata", "crashstats") == before != "[]"


def test_a_backup_that_is_stopped_leaves_nothing_behind(filled_site: Site) -> None:
    machine = filled_site.machine
    folder = machine.data / "backups"
    large = machine.data / "media" / "takes minutes"
    large.touch()
    os.truncate(large, 1 << 36)
    with machine.started("pyz", "backup") as process:
        wait_until(lambda: folder.is_dir() and any(folder.iterdir()), "the backup to begin")
        assert process.stop() == 128 + signal.SIGTERM, process.said
    assert list(folder.iterdir()) == []
