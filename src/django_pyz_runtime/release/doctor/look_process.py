"""Runs the process that imports the site's settings for `pyz doctor`, as the site's user, and reads its facts."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Any

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import system_reason
from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.install import machine

OPTION = "--look"
"""The option of `pyz doctor` in that process."""
LIMIT_SECONDS = 30
"""How long it may take; answers over the network have less time (see look.py)."""


def run(
    bundle: Bundle, arguments: Arguments, environ: Mapping[str, str], user: str | None, site: Site
) -> dict[str, Any]:
    """The facts by their names, including why it stopped early.

    Args:
        bundle: this one.
        arguments: of the command line.
        environ: its environment; for another user, additions to that of the service.
        user: runs it; None for this user.
        site: of the bundle.
    """
    config = ["--config", arguments.config] if arguments.config is not None else []
    command = [str(bundle.executable), *config, "pyz", "doctor", OPTION]
    if user:
        environ = machine.service_environment(site, environ)
    with tempfile.TemporaryFile() as output:
        problem = _completed(command, environ, user, output.fileno())
        output.seek(0)
        found = _read(output.read())
    if "settings" not in found and "settings_error" not in found:
        found["settings_error"] = problem or "the process that imports them has ended early"
    return found


def _completed(command: list[str], environ: Mapping[str, str], user: str | None, output: int) -> str:
    """Run it to its end, or until its time is over; "" if it has ended."""
    account = pwd.getpwnam(user) if user else None
    try:
        process = subprocess.Popen(
            command,
            cwd="/",
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=os.getgrouplist(user, account.pw_gid) if user and account else None,
            umask=0o027 if user else -1,
        )
    except OSError as error:
        return f"{command[0]}: {system_reason(error)}"
    try:
        process.wait(LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        return f"they were not imported within {LIMIT_SECONDS} seconds"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return ""


def _read(output: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in output.splitlines():
        with contextlib.suppress(ValueError):
            name, value = json.loads(line)
            found[name] = value
    return found
