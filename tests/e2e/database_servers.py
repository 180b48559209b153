"""Database servers that are a test's own, reached by a socket; they do not run as root."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests import programs
from tests.conftest import make_open_folder
from tests.e2e.harness import running, wait_for_line

Command = list[str | Path]


@contextlib.contextmanager
def postgresql(name: str, password: str = "", *, trusts: str = "trust") -> Iterator[Path]:
    """PostgreSQL with a database, and a superuser of the same name, until the end of the block.

    Args:
        name: of both.
        password: asked for, where there is one.
        trusts: how it trusts, where there is none (pg_hba.conf).

    Returns:
        The folder of the socket.
    """
    with _folder() as folder:
        data, secret = folder / "data", folder / "password"
        auth = ["--auth=scram-sha-256", f"--pwfile={secret}"] if password else [f"--auth={trusts}"]
        secret.write_text(password)
        initdb = as_owner("initdb", "--pgdata", data, f"--username={name}", *auth, "--no-sync", "--no-locale", "-EUTF8")
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder)
        options = f"listen_addresses= unix_socket_directories={folder} fsync=off max_connections=40".split()
        command = as_owner("postgres", "-D", data, *(word for option in options for word in ("-c", option)))
        with running(command, cwd=folder, env=os.environ) as server:
            wait_for_line(server, "ready to accept connections")
            createdb = as_owner("createdb", "-h", folder, "-U", name, name)
            subprocess.run(createdb, check=True, cwd=folder, env={**os.environ, "PGPASSWORD": password})
            yield folder


@contextlib.contextmanager
def mariadb(name: str, password: str) -> Iterator[Path]:
    """MariaDB with a database, and a user of the same name who may do all in it, until the end of the block.

    Args:
        name: of both.
        password: without quotes of SQL's.

    Returns:
        The path of the socket.
    """
    with _folder() as folder:
        data, socket = folder / "data", folder / "socket"
        install = ["--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(as_owner("mariadb-install-db", *install), check=True, capture_output=True, cwd=folder)
        options = [f"--datadir={data}", f"--socket={socket}", "--skip-networking", "--innodb-flush-log-at-trx-commit=0"]
        command = as_owner("mariadbd", "--no-defaults", *options, "--innodb-buffer-pool-size=16M")
        with running(command, cwd=folder, env=os.environ) as server:
            wait_for_line(server, "ready for connections")
            escaped = password.replace("\\", "\\\\")
            statements = (
                f"CREATE DATABASE {name} CHARACTER SET utf8mb4;"
                f"CREATE USER {name}@localhost IDENTIFIED BY '{escaped}'; GRANT ALL ON {name}.* TO {name}@localhost"
            )
            client = as_owner("mariadb", "--no-defaults", f"--socket={socket}", "--user=root", "-e", statements)
            subprocess.run(client, check=True)
            yield socket


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    folder = make_open_folder()
    os.chown(folder, _owner(), -1)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _owner() -> int:
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()


def as_owner(program: str, *arguments: str | Path) -> Command:
    """The command line of a program that is run as the user whose the servers are."""
    change = ["setpriv", f"--reuid={_owner()}", "--clear-groups"] if os.geteuid() == 0 else []
    return [*change, shutil.which(program, path=programs.SEARCH) or "", *arguments]
