"""`pyz reload`: reload the server with the current file and configuration, and print the result."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction

from django_pyz_runtime.activation.prepare import data_folder
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import ERROR, write


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "reload",
        help="reload the server with the current file and configuration",
        description="Reload the running server with the current file and configuration, and wait for the result. If it "
        "cannot serve them, it refuses with exit code 1 and the reason, and keeps running as before.",
    )
    parser.add_argument("--pid", metavar="N", type=_pid, help="the server's process id, if several are running")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Reload, and print the release that serves."""
    from django_pyz_runtime.release import ask_reload

    script, name = bundle.executable.name, bundle.manifest.name
    # systemd names the process when it reloads a unit.
    pid = options.pid or int(os.environ.get("MAINPID") or 0)
    server = ask_reload.find_server(name, script, data_folder(bundle, arguments), pid)
    try:
        now = ask_reload.reload(server)
    except ask_reload.Refused as refused:
        write(f"{script}: reload refused, the server keeps running:\n{refused}\n", ERROR)
        return 1
    print(f"{script}: reloaded: {now.text('status') if now else 'an older release has taken over'}")
    return 0


def _pid(text: str) -> int:
    if not text.isdecimal() or text == "0":
        raise ArgumentTypeError(f"wanted a process id, found {text!r}")
    return int(text)
