"""Misspelt words, and --version below every command."""

from __future__ import annotations

import pytest

from django_pyz_runtime.shell.parser import Parser, add_version


def _parser() -> Parser:
    parser = Parser(prog="shop pyz")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    verbs.add_parser("status")
    verbs.add_parser("config").add_subparsers(required=True, dest="part").add_parser("check")
    add_version(parser, lambda: print("shop 1.0"))
    return parser


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["statsu"], "shop pyz: error: there is no 'statsu'. Did you mean status? `shop pyz --help` lists all.\n"),
        (
            ["config", "chek"],
            "shop pyz config: error: there is no 'chek'. Did you mean check? `shop pyz config --help` ",
        ),
        (["zebra"], "shop pyz: error: argument VERB: invalid choice: 'zebra'"),
        (["status", "--js"], "shop pyz: error: unrecognized arguments: --js\n"),
    ],
)
def test_a_word_that_is_not_known_is_answered_with_the_nearest(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        _parser().parse_args(words)
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    usage, error = said.err.split("\n", 1)
    assert usage.startswith("usage: shop pyz ")
    assert error.startswith(message)


@pytest.mark.parametrize("words", [[], ["status"], ["config"], ["config", "check"]])
def test_every_parser_has_the_version(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        _parser().parse_args([*words, "--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, "shop 1.0\n")
