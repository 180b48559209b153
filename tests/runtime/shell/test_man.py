"""The language of man pages."""

from __future__ import annotations

import subprocess

import pytest

from django_pyz_runtime.shell.man import Page, entry, escaped, page, paragraph, prose

TEXT = ".SH no request; 'quoted' \"twice\" `code --here` C:\\path ~ ^ Größe €"


def test_no_sign_means_anything_to_roff() -> None:
    assert escaped(".so it's") == "\\&.so it\\(aqs"
    assert prose("see `a-b`.") == "see \\fBa\\-b\\fR."
    assert all(not line.startswith((".", "'")) for line in prose("word .word " * 60).splitlines())


@pytest.mark.needs("mandoc", "groff")
def test_both_programs_read_what_was_written_and_have_nothing_to_say() -> None:
    shown = Page("a.page", 5, "a page", "2026-11-29", "shop 1.0")
    text = page(shown, "Written for a test.", [("description", [prose(TEXT), *paragraph(TEXT), *entry("term", TEXT)])])
    lint = subprocess.run(["mandoc", "-Tlint"], input=text, capture_output=True, text=True)
    assert (lint.returncode, lint.stdout, lint.stderr) == (0, "", "")
    for command in (["mandoc", "-Tutf8"], ["groff", "-ww", "-man", "-Tutf8", "-P-cbou"]):
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert TEXT.replace("`", "") in " ".join(done.stdout.replace("\b", "").split()) or command[0] == "mandoc"
