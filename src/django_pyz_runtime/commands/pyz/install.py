"""`pyz install`: install the executable in /usr/bin with its code unpacked; with `--system`, everything for a site."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from django_pyz_runtime.boot.arguments import Arguments, add_common_options
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.names import absolute


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "install",
        help="install this file in /usr/bin with its code unpacked; with --system also serve the site",
        description="Copy this file to /usr/bin and unpack its code, owned by root, so that no first start has to. "
        "With --system also create the user, the folders and settings.ini, migrate, and let systemd serve the site. "
        "What is already in place is kept. `pyz config init` writes only the configuration.",
    )
    parser.add_argument("--system", action="store_true", help="set up everything that the site needs, and serve it")
    parser.add_argument("--no-start", action="store_true", help="with --system: do not migrate and start the site")
    parser.add_argument("--root", metavar="DIR", default="/", help="install below this folder, for making packages")
    parser.add_argument("--print", action="store_true", dest="only_print", help="only print what would be done")
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Install, with a line for each step; the launcher has already unpacked the release (boot.installing).

    Raises:
        UserError: something cannot be written, another program is in the way, the file does not start from there, or
            others could change what was installed.
    """
    root = Path(absolute(options.root, "--root"))
    if options.system:
        from django_pyz_runtime.commands.manual import host_shell_files
        from django_pyz_runtime.release.install.system import install_system

        install_system(
            bundle,
            arguments,
            root,
            host_shell_files(bundle),
            only_print=options.only_print,
            starts=not options.no_start,
        )
        return 0
    from django_pyz_runtime.release.install.program import Program
    from django_pyz_runtime.release.install.steps import Step, take

    program = Program(bundle, root)
    take(
        [
            Step(str(program.release), lambda: program.is_unpacked, program.unpack),
            Step(str(program.path), lambda: program.is_in_place, program.copy),
        ],
        only_print=options.only_print,
    )
    if not options.only_print and root == Path("/"):
        program.check_trust()
    return 0
