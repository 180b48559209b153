"""nginx as a subprocess, with everything that it writes in a folder of the test's."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests import programs
from tests.e2e.harness import Server, running
from tests.waiting import wait_until

_FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@contextlib.contextmanager
def nginx(folder: Path, servers: str, log: str = "access_log off;") -> Iterator[Server]:
    """nginx, from when it listens until the end of the block.

    Args:
        folder: for its files.
        servers: what is in its block http.
        log: what it says about its access log.
    """
    folders = "".join(f"{kind}_temp_path {folder}/{kind}; " for kind in _FOLDERS)
    user = "user root; " if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off; pid {folder}/pid; error_log stderr; events {{}}\nhttp {{ {log} {folders}\n{servers}\n}}\n"
    )
    program = shutil.which("nginx", path=programs.SEARCH) or ""
    with running([program, "-p", str(folder), "-c", str(folder / "nginx.conf")], env=os.environ) as server:
        wait_until((folder / "pid").exists, lambda: server.said)
        yield server
