"""Every message of both wings has one entry, and no entry is there for nothing."""

from __future__ import annotations

from functools import cache

import pytest

from django_pyz_runtime.help.library import Entry, Library, pattern
from tests.help.messages import WINGS, Message, messages
from tests.help.page import BUILD_WING, PAGE, RUN_WING, page

FOLDERS = dict(zip(WINGS, (BUILD_WING, RUN_WING), strict=True))


@cache
def library(wing: str) -> Library:
    return Library([FOLDERS[wing]])


@cache
def texts(wing: str) -> dict[str, Message]:
    """The messages of a wing, each text once, as entries are looked up by."""
    return {" ".join(message.text.lower().split()): message for message in messages() if message.wing == wing}


@cache
def found(wing: str) -> dict[str, list[Entry]]:
    return {text: library(wing).matches(text) for text in texts(wing)}


@pytest.mark.parametrize("wing", WINGS)
def test_each_message_has_one_entry(wing: str) -> None:
    wrong = {
        f"{message.place}: {message.text}": [entry.title for entry in found(wing)[text]]
        for text, message in texts(wing).items()
        if len(found(wing)[text]) != 1
    }
    assert not wrong, f"Name them in an entry of {FOLDERS[wing]}/messages, or as no messages in tests/help/messages.py"


@pytest.mark.parametrize("wing", WINGS)
def test_each_text_of_an_entry_is_that_of_a_message(wing: str) -> None:
    dead = [
        f"{entry.title}: {text}"
        for entry in library(wing).entries
        for text in entry.messages
        if not any(pattern(text).search(one) and entry in found(wing)[one] for one in texts(wing))
    ]
    assert not dead


def test_there_are_many_messages() -> None:
    assert all(len(texts(wing)) > least for wing, least in zip(WINGS, (180, 500), strict=True))


def test_titles_are_unique() -> None:
    titles = [entry.title for entry in Library([BUILD_WING, RUN_WING]).entries]
    assert len(set(titles)) == len(titles)


def test_each_entry_says_something() -> None:
    assert not [entry.title for wing in WINGS for entry in library(wing).entries if len(entry.text.split()) < 15]


def test_the_page_of_all_entries_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "Write it again: PYTHONPATH=src python -m tests.write_etc"


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("wanted a port, found abc", "A value of the configuration has the wrong form"),
        (
            "shop: 127.0.0.1:8000 is already in use by nginx, process 12\n"
            "shop: Stop that one, or choose another address: --bind HOST:PORT, or [serve] bind.",
            "An address is already in use",
        ),
        ("shop: /tmp/s.ini:3: [serve] has no 'treads', did you mean threads?", "An option or section is not known"),
        (
            "shop: the settings need the variable SHOP_KEY (settings.py:9)",
            "A variable that the settings need is missing",
        ),
        ("shop: 3 migrations are not applied, the first\nis shop.0002", "Migrations are not applied"),
        ("An address is already in use", "An address is already in use"),
    ],
)
def test_a_message_is_found_as_it_was_printed(said: str, title: str) -> None:
    entry = Library([RUN_WING]).find(said)
    assert entry
    assert entry.title == title


def test_the_build_knows_the_messages_of_a_site_too() -> None:
    entry = Library([BUILD_WING, RUN_WING]).find(
        "shop: /etc/shop/settings.ini:2: [serve] workers: wanted auto, found 'x'"
    )
    assert entry in library(WINGS[1]).entries
