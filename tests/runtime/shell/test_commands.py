"""Commands as plain values, read from parsers."""

from __future__ import annotations

from argparse import ArgumentParser

from django_pyz_runtime.shell.commands import FILE, FOLDER, NOTHING, VALUE, Command, Option, of_parser, places, summary


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="shop", add_help=False)
    parser.add_argument("-n", "--dry-run", action="store_true", help="do\n nothing")
    parser.add_argument("--limit", type=int, help="how many (default: %(default)s) of 100%%")
    parser.add_argument("--to", metavar="DIR")
    parser.add_argument("--output")
    parser.add_argument("--kind", choices=["a", "b", "c d", "$(reboot)"])
    parser.add_argument("label", nargs="*", help="of an app")
    return parser


def test_a_parser_s_options_are_read_as_they_are_declared() -> None:
    assert of_parser("shop", _parser(), "sells") == Command(
        "shop",
        "sells",
        "",
        (
            Option(("-n", "--dry-run"), "do nothing", NOTHING),
            Option(("--limit",), "how many of 100%", VALUE, "LIMIT"),
            Option(("--to",), "", FOLDER, "DIR"),
            Option(("--output",), "", FILE, "OUTPUT"),
            Option(("--kind",), "", VALUE, "KIND", ("a", "b")),
        ),
        (Option((), "of an app", FILE, "LABEL", (), is_repeatable=True),),
    )


def test_a_command_is_the_same_after_json() -> None:
    command = Command("shop", "sells", commands=(of_parser("buy", _parser()),))
    assert Command.of_plain(command.plain()) == command


def test_options_before_a_command_may_stand_behind_it_where_it_declares_them() -> None:
    config, version = Option(("--config",), takes=FILE), Option(("--version",))
    verb = Command("pyz", options=(config,), commands=(Command("status"), Command("two words")))
    root = Command("shop", options=(config, version), commands=(verb, Command("migrate")))
    found = {place.path: [option.flags[0] for option in place.options] for place in places(root)}
    assert found == {
        "": ["--config", "--version"],
        "/pyz": ["--config"],
        "/pyz/status": ["--config"],
        "/migrate": [],
    }


def test_a_summary_is_the_first_sentence() -> None:
    assert summary("A path, e.g. /srv. More of it.") == "A path, e.g. /srv"
    assert summary("Serve.") == "Serve"
    assert len(summary("word " * 100)) == 90
