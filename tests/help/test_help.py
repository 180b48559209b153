"""`django-pyz help` and `pyz help`: topics and messages, on a terminal and elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from django_pyz.cli import main
from django_pyz_runtime.help.terminal import as_text
from tests.small_bundle import write_small

SOURCES = Path(__file__).resolve().parents[2] / "src"


def test_without_a_topic_it_lists_all_with_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help"]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0] == "Topics: django-pyz help TOPIC"
    names = [line.split()[0] for line in lines if line.startswith("    ")]
    assert names == sorted(names)
    assert {"build", "configure", "dependencies", "deploy", "package", "troubleshooting", "upgrade"} <= {*names}
    assert not said.err


def test_a_topic_and_a_message_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "Deploy"]) == 0
    assert "pyz install --system" in capsys.readouterr().out
    assert main(["help", "--python 2.7: found no such command"]) == 0
    assert capsys.readouterr().out.startswith("The Python of the build cannot be used\n")


def test_an_unknown_topic_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "upgrad"]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert said.err == (
        "django-pyz: help: there is no topic or message 'upgrad'\n"
        "Did you mean upgrade? `django-pyz help` lists the topics.\n"
    )


def test_unknown_words_name_entries_that_speak_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "nginx says 502 for the socket"]) == 2
    assert '  django-pyz help "The web server cannot use the socket"\n' in capsys.readouterr().err


def test_a_bundle_explains_with_its_own_names(tmp_path: Path) -> None:
    bundle = write_small(tmp_path)

    def ask(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        command = [sys.executable, str(bundle), "pyz", "help", *words]
        return subprocess.run(command, input=given, capture_output=True, text=True, env=environment, check=False)

    topic = ask("upgrade")
    assert "sudo shop-script pyz rollback" in topic.stdout
    assert topic.returncode == 0
    message = ask("-", given="shop-script: user shop may not read it\n")
    assert "sudo -u shop shop-script pyz config check" in message.stdout
    unknown = ask("bakup")
    assert unknown.returncode == 2
    assert "Did you mean backup? `shop-script pyz help` lists the topics." in unknown.stderr


def test_a_pipe_that_closes_is_no_fault() -> None:
    command = [sys.executable, "-m", "django_pyz", "help", "deploy"]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, env=_environment(), check=False)
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.parametrize(("variables", "heading"), [({}, b"\x1b[1mInstall"), ({"NO_COLOR": "1"}, b"PAGED:Install")])
def test_a_terminal_gets_a_pager(variables: dict[str, str], heading: bytes) -> None:
    said = _on_terminal({"PAGER": "sed s/^/PAGED:/", "COLUMNS": "40", **variables})
    assert heading in said
    lines = said.replace(b"\r", b"").decode().removesuffix("\n").split("\n")
    assert all(line.startswith("PAGED:") for line in lines)
    assert max(len(line) for line in lines if not line.startswith("PAGED:    ")) <= 40 + len("PAGED:\033[1m\033[0m")


@pytest.mark.parametrize("pager", ["cat", "no-such-pager"])
def test_a_terminal_without_a_pager_gets_the_text(pager: str) -> None:
    assert b"pyz install --system" in _on_terminal({"PAGER": pager})


def test_narrow_terminals_wrap_all_but_code() -> None:
    text = "# A title\n\nSome words that go on\nand on.\n\n- an item that goes on\n\n```\ncode as long as it is\n```\n"
    assert as_text(text, 14) == (
        "A title\n\nSome words\nthat go on and\non.\n\n- an item that\n  goes on\n\n    code as long as it is\n"
    )


def _environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES), **more}


def _on_terminal(variables: dict[str, str]) -> bytes:
    """What a terminal shows of a topic."""
    reading, writing = pty.openpty()
    command = [sys.executable, "-m", "django_pyz", "help", "deploy"]
    with subprocess.Popen(command, stdout=writing, env=_environment(TERM="xterm", **variables)) as process:
        os.close(writing)
        said = b""
        try:
            while part := os.read(reading, 65536):
                said += part
        except OSError:  # the terminal has no writer any more
            pass
        os.close(reading)
    assert process.returncode == 0
    return said
