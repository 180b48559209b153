"""`runserve`: from options to a running server."""

from __future__ import annotations

import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from django_pyz_runtime import garbage
from django_pyz_runtime.activate import Activation, Purpose
from django_pyz_runtime.arguments import Arguments, add_common_options
from django_pyz_runtime.configuration import Configuration
from django_pyz_runtime.manifest import Site
from django_pyz_runtime.prepare import prepare
from django_pyz_runtime.serve.handover import Handover
from django_pyz_runtime.serve.invocation import Invocation
from django_pyz_runtime.serve.notify import Notifier

if TYPE_CHECKING:
    from django_pyz_runtime.serve.master import Service
    from django_pyz_runtime.serve.server import Server


def runserve(site: Site, arguments: Arguments) -> int:
    """Serve the project until a signal stops it.

    Raises:
        Complaint: the configuration does not allow it, or an address is taken.
    """
    # Until gunicorn handles it; what is read meanwhile is what is there.
    signal.signal(signal.SIGHUP, lambda number, frame: None)
    handover = Handover.take(os.environ, os.getpid(), os.getppid())
    invocation = Invocation.of_this_process(site.executable)
    options = _parser(site).parse_args(arguments.command[1:])
    arguments = _merged(arguments, options)
    notifier = Notifier.take(os.environ, os.getpid())
    with notifier.told():
        configuration, activation = prepare(site, arguments, Purpose.SERVE)
    invocation = replace(invocation, configuration=Path(configuration.file.path))
    from django_pyz_runtime.serve.addresses import check_addresses
    from django_pyz_runtime.serve.gunicorn_settings import gunicorn_settings
    from django_pyz_runtime.serve.master import Service

    # A service is started anywhere; what the project's code reads relative to the current folder lies in its own.
    os.chdir(activation.code_folder / site.manifest.folder)
    settings = gunicorn_settings(site, configuration)
    # A check beside the running server finds its addresses in use.
    if handover or not options.check:
        check_addresses(settings["bind"], handover)
    # The try of a successor has migrated already.
    if options.migrate and (options.check or not handover):
        from django_pyz_runtime.serve.migrate import migrate

        if code := migrate(site, arguments):
            return code
    server = _server(site, configuration, settings)
    if options.check:
        _check(site, server)
    return _serve(site, configuration, activation, server, Service(notifier, invocation, handover, site.build_id[:12]))


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
    parser.add_argument("--check", action="store_true", help="only find out whether the site can be served, and say so")
    add_common_options(parser)
    return parser


def _merged(arguments: Arguments, options: Namespace) -> Arguments:
    """The options of runserve as assignments, each still known by its own name."""
    given = {"workers": options.workers, "threads": options.threads, "bind": ",".join(options.bind or [])}
    own = [(f"--{key}", f"serve.{key}={text}") for key, text in given.items() if text]
    return arguments.with_assignments(*own)


def _server(site: Site, configuration: Configuration, settings: dict[str, Any]) -> Server:
    from django_pyz_runtime.serve.server import Server

    script = site.executable.name

    def load() -> Any:
        from django_pyz_runtime.serve.log import join_python_logging

        garbage.put_off()
        application = _load(site, configuration, settings["worker_class"])
        garbage.resume()
        join_python_logging(configuration.get("log", "level"), configuration.get("log", "format"))
        return application

    def check() -> None:
        from django.conf import settings as django_settings

        from django_pyz_runtime.serve.database import check_database

        check_database(script)
        if django_settings.DEBUG:
            sys.stderr.write(
                f"{script}: DEBUG is on: set [settings] DEBUG = false before others can reach this site.\n"
            )

    return Server(settings, load, check)


def _check(site: Site, server: Server) -> NoReturn:
    """Do what the first worker would, and say that it went well."""
    from django_pyz_runtime.serve.rehearsal import PROOF

    server.rehearse()
    sys.stdout.write(f"{site.executable.name}: {PROOF}\n")
    sys.stdout.flush()
    # Threads that the site has started would keep the process from ending.
    os._exit(0)


def _serve(site: Site, configuration: Configuration, activation: Activation, server: Server, service: Service) -> int:
    script = site.executable.name
    if configuration.is_silent and not service.handover:
        sys.stderr.write(
            f"{script}: no configuration at {configuration.file.path}: data in {activation.data_dir}, DEBUG off, only "
            f"this machine may ask. `{script} pyz config init` writes one.\n"
        )
    garbage.resume()
    return server.serve(service)


def _load(site: Site, configuration: Configuration, worker_class: Any) -> Any:
    from django_pyz_runtime.serve.interface import interface_of

    if interface_of(worker_class) == "asgi":
        from django_pyz_runtime.serve.asgi import load_asgi_application

        return load_asgi_application(site, configuration)
    from django_pyz_runtime.serve.application import load_application

    return load_application(site, configuration)
