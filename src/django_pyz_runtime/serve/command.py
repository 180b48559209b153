"""`runserve`: from options to a running server."""

from __future__ import annotations

import errno
import math
import os
import socket
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from django_pyz_runtime.activate import Activation
from django_pyz_runtime.arguments import Arguments, Assignment
from django_pyz_runtime.complaints import Complaint, tell
from django_pyz_runtime.configuration import Configuration, Value
from django_pyz_runtime.manifest import Site
from django_pyz_runtime.prepare import prepare

OWNED = {
    "bind": "[serve] bind",
    "workers": "[serve] workers",
    "threads": "[serve] threads",
    "timeout": "[serve] timeout",
    "graceful_timeout": "[serve] graceful_timeout",
    "loglevel": "[log] level",
    "wsgi_app": "the project",
}
"""gunicorn settings that have their place elsewhere."""


def runserve(site: Site, arguments: Arguments) -> int:
    """Serve the project until a signal stops it.

    Raises:
        Complaint: the configuration does not allow it, or an address is taken.
    """
    options = _parser(site).parse_args(arguments.command[1:])
    arguments = _merged(arguments, options)
    configuration, activation = prepare(site, arguments, serving=True)
    settings = gunicorn_settings(site, configuration)
    if not _sockets_are_passed():
        for address in settings["bind"]:
            _check_address(address)
    if options.migrate and (code := _migrate(site)):
        return code
    return _serve(site, configuration, activation, settings)


def _parser(site: Site) -> ArgumentParser:
    parser = ArgumentParser(
        prog=f"{site.executable.name} runserve",
        description="Serve the site with gunicorn: pages, static files and health endpoints.",
        epilog="Everything else is configured in settings.ini; these options win over it.",
        allow_abbrev=False,
    )
    parser.add_argument("--bind", action="append", metavar="ADDRESS", help="HOST:PORT or unix:/path; repeatable")
    parser.add_argument("--workers", metavar="N", help="worker processes, or auto")
    parser.add_argument("--threads", metavar="N", help="threads of each worker")
    parser.add_argument("--migrate", action="store_true", help="apply migrations first")
    parser.add_argument("--config", metavar="FILE", help="use this settings.ini")
    parser.add_argument("--set", action="append", metavar="SECTION.KEY=VALUE", default=[], help="set any option")
    return parser


def _merged(arguments: Arguments, options: Namespace) -> Arguments:
    """The options of runserve in the form of `--set`, each still known by its own name."""
    given = {"workers": options.workers, "threads": options.threads, "bind": ",".join(options.bind or [])}
    own = [Assignment(f"--{key}", f"serve.{key}={text}") for key, text in given.items() if text]
    set_by = [Assignment("--set", text) for text in options.set]
    return Arguments(options.config or arguments.config, (*arguments.assignments, *set_by, *own), arguments.command)


def gunicorn_settings(site: Site, configuration: Configuration) -> dict[str, Any]:
    """gunicorn's settings, each checked by gunicorn.

    Raises:
        Complaint: with a line for each that does not fit.
    """
    from django_pyz_runtime.serve.capacity import worker_count
    from django_pyz_runtime.serve.log import logger_class

    workers = configuration.get("serve", "workers")
    settings: dict[str, Any] = {
        "bind": configuration.get("serve", "bind"),
        "workers": worker_count() if workers == "auto" else workers,
        "worker_class": "gthread",
        "threads": configuration.get("serve", "threads"),
        "timeout": math.ceil(configuration.get("serve", "timeout")),
        "graceful_timeout": math.ceil(configuration.get("serve", "graceful_timeout")),
        "loglevel": configuration.get("log", "level"),
        "accesslog": "-" if configuration.get("log", "access") else None,
        "logger_class": logger_class(configuration.get("log", "format")),
        "forwarded_allow_ips": "127.0.0.1,::1",
        "control_socket_disable": True,
        "proc_name": site.manifest.name,
        "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,
    }
    return {**settings, **_more_settings(configuration.section("gunicorn"))}


def _more_settings(values: list[Value]) -> dict[str, Any]:
    from gunicorn.config import Config

    config = Config()
    problems: list[str] = []
    for value in values:
        if value.key in OWNED:
            problems.append(f"{value.source}: [gunicorn] {value.key}: set {OWNED[value.key]} instead")
        elif value.key not in config.settings:
            problems.append(f"{value.source}: [gunicorn] {value.key}: gunicorn has no such setting")
        else:
            try:
                config.set(value.key, value.text)
            except (TypeError, ValueError, AttributeError, ImportError) as error:
                problems.append(f"{value.source}: [gunicorn] {value.key}: {error}")
    if problems:
        raise Complaint(*problems)
    return {value.key: value.text for value in values}


def _sockets_are_passed() -> bool:
    """Whether systemd, or the server that this one replaces, hands over listening sockets."""
    return os.environ.get("LISTEN_PID") == str(os.getpid()) or "GUNICORN_FD" in os.environ


def _check_address(address: str) -> None:
    """Find out whether an address is free, before gunicorn tries it five times.

    Raises:
        Complaint: it is taken, or cannot be listened on.
    """
    from gunicorn.util import parse_address

    try:
        parsed = parse_address(address, "8000")
    except RuntimeError as error:
        raise Complaint(f"[serve] bind: wanted HOST:PORT or unix:/path, found {address!r} ({error})") from None
    if isinstance(parsed, int):
        return
    is_unix = isinstance(parsed, str)
    family = socket.AF_UNIX if is_unix else socket.AF_INET6 if ":" in parsed[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            if is_unix:
                probe.connect(parsed)
                raise OSError(errno.EADDRINUSE, "")
            probe.bind(parsed)
        except OSError as error:
            if not is_unix or error.errno == errno.EADDRINUSE:
                raise _cannot_listen(address, error) from None


def _cannot_listen(address: str, error: OSError) -> Complaint:
    if error.errno == errno.EADDRINUSE:
        return Complaint(
            f"{address} is already in use by another server",
            hint="Stop that one, or choose another address: --bind HOST:PORT, or [serve] bind.",
        )
    return Complaint(f"cannot listen on {address}: {error.strerror}", hint="See --bind, or [serve] bind.")


def _migrate(site: Site) -> int:
    """Apply migrations in a child, so that this process stays free of the project's code.

    Returns:
        The exit code of `migrate`.
    """
    sys.stdout.flush()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        code = _migrate_here()
    except Complaint as complaint:
        tell(complaint)
        code = 2
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _migrate_here() -> int:
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command

    try:
        django.setup()
        call_command("migrate", interactive=False)
    except ImproperlyConfigured as error:
        raise Complaint(f"{os.environ['DJANGO_SETTINGS_MODULE']}: {error}") from error
    except CommandError as error:
        raise Complaint(f"migrate: {error}") from error
    return 0


def _serve(site: Site, configuration: Configuration, activation: Activation, settings: dict[str, Any]) -> int:
    from django_pyz_runtime.serve.server import Server

    script = site.executable.name
    if configuration.is_silent:
        sys.stderr.write(
            f"{script}: no configuration at {configuration.file.path}: data in {activation.data_dir}, DEBUG off, only "
            f"this machine may ask. `{script} pyz config init` writes one.\n"
        )

    def load() -> Any:
        from django_pyz_runtime.serve.application import load_application
        from django_pyz_runtime.serve.log import join_python_logging

        application = load_application(site, configuration)
        join_python_logging(configuration.get("log", "level"), configuration.get("log", "format"))
        return application

    def check() -> None:
        from django.conf import settings as django_settings

        from django_pyz_runtime.serve.application import check_database

        check_database(script)
        if django_settings.DEBUG:
            sys.stderr.write(
                f"{script}: DEBUG is on: set [settings] DEBUG = false before others can reach this site.\n"
            )

    return Server(settings, load, check).serve()
