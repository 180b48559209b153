"""Root file systems of Debian releases with systemd in them: made by mmdebstrap, once for each machine."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

MAKING_SECONDS = 800
"""How long mmdebstrap may take: about 40 s where the machine has nothing else to do, most of it for the download."""

_PACKAGES = ("systemd", "systemd-sysv", "dbus", "python3")
_WITHOUT = ("/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*")

_SUITES = {(3, 13): "trixie"}
"""By the Python that comes with it."""
_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


def suite_of_this_python() -> str:
    """The release where a bundle runs that was built here, and holds code compiled for this Python; or Debian 12."""
    return _SUITES.get(sys.version_info[:2], "bookworm")


def root_file_system(suite: str, *options: str) -> Path:
    """The folder that holds a Debian release, made if it is not there.

    It is kept in the user's cache folder, under the digest of what it is made of, and is never changed: boot it on an
    overlay.

    Args:
        suite: code name of the release.
        options: more of mmdebstrap, such as packages.

    Raises:
        CalledProcessError: it cannot be made; its standard error says why.
    """
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "django-pyz-tests"
    folder.mkdir(parents=True, exist_ok=True)
    command = [*_command(), *options]
    root = folder / f"{suite}-{hashlib.sha256(repr(command).encode()).hexdigest()[:12]}"
    with (folder / f"{suite}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.is_dir():
            _make(command, suite, root)
    return root


def _command() -> list[str]:
    """The command that makes it, without what depends on this machine."""
    without = [f"--dpkgopt=path-exclude={pattern}" for pattern in _WITHOUT]
    options = [f"--include={','.join(_PACKAGES)}", "--dpkgopt=force-unsafe-io", *without]
    return ["mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory", *options]


def _make(command: Sequence[str], suite: str, root: Path) -> None:
    """Make it beside its place and put it there when it is whole."""
    with _scratch(root.parent) as scratch:
        settings = scratch / "apt.conf"
        settings.write_text(_apt_settings())
        target = scratch / "root"
        subprocess.run(
            [*command, f"--aptopt={settings}", suite, target, f"deb [signed-by={_KEYS}] {_mirror()} {suite} main"],
            check=True,
            capture_output=True,
            text=True,
            timeout=MAKING_SECONDS,
        )
        target.rename(root)


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    path = tempfile.mkdtemp(dir=folder)
    try:
        yield Path(path)
    finally:
        # Never into what an interrupted mmdebstrap may have left mounted.
        subprocess.run(["rm", "--recursive", "--force", "--one-file-system", path], check=True)


def _mirror() -> str:
    """The Debian mirror that this machine is configured to use, whatever the format of its configuration.

    That is the one with this machine's release, and best with the release's updates beside it: other archives name
    their suites as they like.
    """
    said = subprocess.run(["apt-get", "--print-uris", "update"], check=True, capture_output=True, text=True).stdout
    places = [line.split("'")[1].rpartition("/dists/") for line in said.splitlines() if "/dists/" in line]
    suites = {(base, rest.rpartition("/")[0]) for base, _, rest in places}
    own = platform.freedesktop_os_release().get("VERSION_CODENAME")
    mirrors = sorted(base for base, suite in suites if suite == own)
    return next((base for base in mirrors if (base, f"{own}-updates") in suites), mirrors[0])


def _apt_settings() -> str:
    """How this machine's apt gets there: proxies, time limits, and what it checks."""
    said = subprocess.run(["apt-config", "dump", "Acquire"], check=True, capture_output=True, text=True).stdout
    return "".join(line for line in said.splitlines(keepends=True) if "::IndexTargets" not in line)
