"""`pyz service NAME`: run a command of `[services]` in this process, which `pyz status` then lists."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import UserError


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "service",
        help="run a service of [services], such as a worker",
        description="Run the command of this name in [services], as its unit does.",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", default="", help="name of the service")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Replace this process by the service.

    Raises:
        UserError: the configuration has mistakes, or no such service.
    """
    from django_pyz_runtime.activation.prepare import load
    from django_pyz_runtime.commands.management import manage
    from django_pyz_runtime.commands.pyz import execute
    from django_pyz_runtime.config.resolved import data_dir
    from django_pyz_runtime.release import services
    from django_pyz_runtime.release.record import Record

    configuration = load(bundle, arguments)
    if configuration.problems:
        raise UserError(*configuration.problems)
    command = services.find(bundle, configuration, options.name)
    data = data_dir(bundle.manifest, configuration)
    record = Record(options.name, bundle)
    record.begin(data)
    # A program may replace this one in the same process.
    record.outlive_exec()
    # Paths that are relative to the current folder must not change in the folder of the service.
    config = configuration.file.path if configuration.file.named_by else None
    arguments = Arguments(config, arguments.assignments, arguments.command)
    services.work_in(data)
    try:
        if command.is_program:
            program, *rest = command.words
            return execute.run(bundle, arguments, Namespace(program=program, arguments=rest))
        return manage(bundle, arguments.with_command(*command.words))
    finally:
        record.end()
