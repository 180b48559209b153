"""What the tests need of a machine beside Python, and how to get it: said once. Standard library only."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

_POSTGRESQL = map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", *_POSTGRESQL])
"""A search path with the programs of the system, which users have not on theirs."""
DEBIAN = "a Debian system"
ROOT = "root"
FUSE = "fuse"
LOCALHOST = "the name localhost"
USER_NAMESPACES = "user namespaces"

_PACKAGES = {
    "chromedriver": "chromium-driver",
    "chromium": "chromium",
    "cpio": "cpio",
    "curl": "curl",
    "dpkg": "dpkg",
    "fish": "fish",
    "git": "git",
    "groff": "groff",
    "lintian": "lintian",
    "mandoc": "mandoc",
    "mariadbd": "mariadb-server",
    "mkfs.ext4": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "msgfmt": "gettext",
    "nginx": "nginx-light",
    "npm": "npm",
    "nsenter": "util-linux",
    "openssl": "openssl",
    "pgbouncer": "pgbouncer",
    "postgres": "postgresql",
    "redis-server": "redis-server",
    "rpm": "rpm",
    "rpm2cpio": "rpm2cpio",
    "rpmlint": "rpmlint",
    "sassc": "sassc",
    "strace": "strace",
    "systemd-analyze": "systemd",
    "systemd-nspawn": "systemd-container",
    "unshare": "util-linux",
    "zsh": "zsh",
}
"""Programs, and the packages of Debian and Ubuntu that have them."""


def is_here(need: str) -> bool:
    """Whether this machine has what a test needs.

    Args:
        need: a program that is listed here, ROOT, DEBIAN, FUSE, LOCALHOST or USER_NAMESPACES.
    """
    if need in _OTHERS:
        return _OTHERS[need][0]()
    assert need in _PACKAGES, f"{need} has no package in {__file__}"
    return shutil.which(need, path=SEARCH) is not None


def how_to_get(need: str) -> str:
    """What to do for a test that needs something."""
    return _OTHERS[need][1] if need in _OTHERS else f"on Debian and Ubuntu: apt-get install {_PACKAGES[need]}"


def _is_known(host: str) -> bool:
    try:
        return bool(socket.gethostbyname(host))
    except OSError:
        return False


def _is_debian() -> bool:
    return "ID=debian" in Path("/etc/os-release").read_text(encoding="utf-8").splitlines()


def _has_user_namespaces() -> bool:
    unshare = shutil.which("unshare", path=SEARCH)
    return unshare is not None and not subprocess.run([unshare, "--user", "true"], stderr=subprocess.DEVNULL).returncode


_OTHERS: dict[str, tuple[Callable[[], bool], str]] = {
    ROOT: (lambda: os.geteuid() == 0, "run the tests as root"),
    DEBIAN: (_is_debian, "run the tests on Debian"),
    FUSE: (lambda: os.path.exists("/dev/fuse"), "load the module fuse of Linux"),
    LOCALHOST: (lambda: _is_known("localhost"), "give it the address 127.0.0.1 in /etc/hosts"),
    USER_NAMESPACES: (_has_user_namespaces, "run the tests outside of a chroot, or allow them"),
}
"""What is no program: whether it is there, and what to do for it."""


def install_missing() -> None:
    """As root on Debian or Ubuntu, install what is missing, each with a word; elsewhere tests are skipped."""
    packages = sorted({_PACKAGES[program] for program in _PACKAGES if not is_here(program)})
    if not importlib.util.find_spec("ensurepip"):
        packages.append("python3-venv")
    if not packages or not is_here(ROOT) or not shutil.which("apt-get"):
        return
    # Run level 1 starts no services.
    environment = {**os.environ, "RUNLEVEL": "1", "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update"], environment)
    for package in packages:
        _run(["apt-get", "install", "--yes", "--no-install-recommends", package], environment)
    importlib.invalidate_caches()


def _run(command: list[str], environment: dict[str, str]) -> None:
    """Run a command of apt's; what it could not install is missing for the tests that need it."""
    print("$", *command, flush=True)
    said = subprocess.run([*command, "--quiet=2"], env=environment, stdin=subprocess.DEVNULL)
    if said.returncode:
        print(f"tests: {' '.join(command)} ended with {said.returncode}", flush=True)
