"""`pyz restore`: restore a backup."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from django_pyz_runtime.activation.prepare import data_folder
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.names import absolute
from django_pyz_runtime.commands.pyz.backup import add_without


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "restore",
        help="restore a backup into an empty site, or over existing data with --replace",
        description="Check the whole backup, then restore it into this site: all of it or nothing. The site and its "
        "workers must be stopped.",
    )
    parser.add_argument("file", metavar="FILE", help="written by `pyz backup`")
    parser.add_argument("--replace", action="store_true", help="replace the existing data")
    add_without(parser)
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Restore a backup, and print its time and build.

    Raises:
        UserError: it cannot be restored.
    """
    from django_pyz_runtime.release import site
    from django_pyz_runtime.release.backup import in_use, restore

    path = Path(absolute(options.file, "FILE"))
    in_use.check(bundle.manifest, data_folder(bundle, arguments))
    with site.undone_when_stopped():
        activation = site.read_settings(bundle, arguments)
        facts = restore.restore(bundle, activation, path, replace=options.replace, without=options.without_database)
    print(f"{path}: restored, made {facts['created']} by build {facts['build'][:16]}")
    if facts["build"] != bundle.build_id:
        print(f"This is build {bundle.build_id[:16]}: `{bundle.executable.name} migrate` brings the database up to it.")
    return 0
