"""`pyz help [TOPIC]`: a page about a topic, or what a message means."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "help",
        help="explain a topic or a message",
        description="Explain a topic, or a message as it was printed: what it means, usual causes, what to do. "
        "Without TOPIC, list the topics.",
    )
    parser.add_argument("words", nargs="*", metavar="TOPIC", help="a topic, a message, or - for one on standard input")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Show the explanation."""
    from django_pyz_runtime.help.answer import FOLDER, Names, answer

    script = bundle.executable.name
    return answer(options.words, [FOLDER], Names(f"{script} pyz help", script, bundle.manifest.name))
