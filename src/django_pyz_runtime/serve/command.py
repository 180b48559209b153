"""`runserve`: from options to a running server.

What needs gunicorn is imported by the steps, once `use_server` has said which gunicorn that is.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from django_pyz_runtime.activation import gc_pause
from django_pyz_runtime.activation.activate import Activation, Purpose
from django_pyz_runtime.activation.code_path import use_server
from django_pyz_runtime.activation.prepare import prepare
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.commands.runserve import runserve_parser
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.errors import UserError, say
from django_pyz_runtime.release.record import WEB, Record
from django_pyz_runtime.serve.reload.handover import Handover, Invocation, Service
from django_pyz_runtime.serve.reload.notify import Notifier
from django_pyz_runtime.shell.parser import add_version

if TYPE_CHECKING:
    from django_pyz_runtime.serve.metrics.metrics import NoMetrics
    from django_pyz_runtime.serve.server import Server, Wait


def runserve(bundle: Bundle, arguments: Arguments) -> int:
    """Serve the project until a signal stops it.

    Raises:
        UserError: the configuration does not allow it, or an address is taken.
    """
    # Until gunicorn handles it; meanwhile the start reads the current file anyway.
    signal.signal(signal.SIGHUP, lambda number, frame: None)
    use_server(bundle.site_packages)
    handover = Handover.take(os.environ, os.getpid(), os.getppid())
    invocation = Invocation.of_this_process(bundle.executable, arguments.words())
    parser = runserve_parser(bundle.executable.name)
    add_version(parser, lambda: _print_version(bundle))
    options = parser.parse_args(arguments.command[1:])
    arguments = _merged(arguments, options)
    record = Record() if options.check else Record(WEB, bundle)
    notifier = Notifier.take(os.environ, os.getpid(), record)

    def serve() -> int:
        return _runserve(bundle, arguments, options, Service(notifier, invocation, handover, bundle.release))

    try:
        if not handover or options.check:
            return serve()
        from django_pyz_runtime.serve.reload.fallback import Fallback

        return Fallback(handover, invocation, notifier).watch(serve)
    finally:
        record.end()


def _runserve(bundle: Bundle, arguments: Arguments, options: Namespace, service: Service) -> int:
    """The steps of a start, one by one."""
    with service.notifier.told():
        configuration, activation = prepare(bundle, arguments, Purpose.SERVE)
    # A reload compares with the file that this start has read.
    service = service._replace(
        invocation=service.invocation._replace(configuration=Path(configuration.file.path)), data=activation.data_dir
    )
    _use_temporary_folder(activation)
    # A service is started anywhere; what the project's code reads relative to the current folder lies in its own.
    os.chdir(activation.project_folder)
    from django_pyz_runtime.serve.server import server_of, wait_for_databases
    from django_pyz_runtime.serve.settings.gunicorn_settings import gunicorn_settings

    settings = gunicorn_settings(bundle, configuration)
    _check_sockets(settings, options, service)
    metrics = _metrics(bundle, configuration, settings["bind"], options, service)
    # A check, and a server that already serves, fail at once if a database cannot be reached.
    wait = None if options.check or service.handover else wait_for_databases(bundle, configuration)
    if code := _migrate(bundle, arguments, options, service, wait):
        return code
    server = server_of(bundle, configuration, settings, wait, metrics, is_dry_run=options.check)
    if options.check:
        _check(bundle, server)
    _say_unconfigured(bundle, configuration, activation, service)
    gc_pause.resume()
    return server.serve(service)


def _use_temporary_folder(activation: Activation) -> None:
    """Keep large uploads in the data folder if the system has no folder for temporary files."""
    # The last one that is tried is the current folder.
    os.chdir("/")
    tempfile.tempdir = None
    try:
        found = tempfile.gettempdir()
    except FileNotFoundError:
        found = "/"
    if found == "/":
        tempfile.tempdir = str(activation.data_dir)


def _check_sockets(settings: dict[str, Any], options: Namespace, service: Service) -> None:
    """Check that the server can listen on its addresses."""
    from django_pyz_runtime.serve.settings.addresses import check_addresses

    if service.handover and settings.get("reuse_port"):
        raise UserError(
            "[gunicorn] reuse_port: each worker has its own sockets, so a reload cannot take over the sockets",
            hint="Restart the service instead.",
        )
    # A check beside the running server finds its addresses in use.
    if service.handover or not options.check:
        check_addresses(settings["bind"], service.handover)


def _metrics(
    bundle: Bundle, configuration: Configuration, binds: list[str], options: Namespace, service: Service
) -> NoMetrics:
    """Check that the address of metrics can be used, if there is one."""
    from django_pyz_runtime.serve.metrics.metrics import Metrics, NoMetrics
    from django_pyz_runtime.serve.settings.addresses import check_metrics_address

    handover, bind = service.handover, configuration.get("metrics", "bind")
    left = handover.metrics if handover else None
    if bind == "off":
        return NoMetrics(left)
    check_metrics_address(bind, binds, handover, is_free=bool(handover) or not options.check)
    return NoMetrics() if options.check else Metrics(bundle, bind, left)


def _migrate(bundle: Bundle, arguments: Arguments, options: Namespace, service: Service, wait: Wait | None) -> int:
    """Apply migrations on request, unless the dry run of this release already has."""
    if not options.migrate or (service.handover and not options.check):
        return 0
    from django_pyz_runtime.serve.migrate import migrate

    return migrate(bundle, arguments, service.notifier, wait)


def _print_version(bundle: Bundle) -> None:
    from django_pyz_runtime.commands.pyz.info import print_version

    print_version(bundle)


def _merged(arguments: Arguments, options: Namespace) -> Arguments:
    """The options of runserve as assignments, each still known by its own name."""
    given = {"workers": options.workers, "threads": options.threads, "bind": ",".join(options.bind or [])}
    own = [(f"--{key}", f"serve.{key}={text}") for key, text in given.items() if text]
    return arguments.with_assignments(*own)


def _check(bundle: Bundle, server: Server) -> NoReturn:
    """Do what the first worker would, and report success."""
    from django_pyz_runtime.serve.reload.reload import PROOF

    server.load_and_check()
    sys.stdout.write(f"{bundle.executable.name}: {PROOF}\n")
    sys.stdout.flush()
    # Threads that the site has started would keep the process from ending.
    os._exit(0)


def _say_unconfigured(bundle: Bundle, configuration: Configuration, activation: Activation, service: Service) -> None:
    """Say at a first start that there is no configuration."""
    script = bundle.executable.name
    if configuration.is_silent and not service.handover:
        say(
            f"no configuration at {configuration.file.path}: data in {activation.data_dir}, DEBUG off, only "
            f"requests for localhost are answered. `{script} pyz config init` writes one."
        )
