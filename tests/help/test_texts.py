"""The texts of the help name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from django_pyz.options import Options
from django_pyz_runtime.commands import pyz
from django_pyz_runtime.config.options import OPTIONS, SECTIONS
from django_pyz_runtime.help.library import Library
from tests.help.page import BUILD_WING, RUN_WING

TEXTS = sorted([*BUILD_WING.rglob("*.md"), *RUN_WING.rglob("*.md")])
WORDS = (80, 250)
OPEN = {"env", "settings", "gunicorn", "services", "timers", "modules"}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_verbs_and_options_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    verbs = set(re.findall(r"(?:\{script\}|\./\w+\.pyz|FILE) pyz ([a-z]+)", text))
    assert verbs <= pyz._VERBS.keys()
    named = set(re.findall(r"\[([a-z]+)\] ([a-z_]+)", "\n".join(re.findall(r"`[^`]+`", text))))
    known = {(option.section, option.key) for option in OPTIONS}
    assert {(section, key) for section, key in named if section in SECTIONS and section not in OPEN} <= known
    flags = set(re.findall(r"django-pyz build [^`\n#]*?--([a-z-]+)", text))
    assert flags <= {name.replace("_", "-") for name in Options.__dataclass_fields__} | {
        "report",
        "help",
        "no-collectstatic",
    }


def test_topics_are_short() -> None:
    topics = Library([BUILD_WING, RUN_WING]).topics
    assert {
        "build",
        "configure",
        "serve",
        "deploy",
        "upgrade",
        "backup",
        "services",
        "logs",
        "security",
    } <= topics.keys()
    assert not {
        name: count for name, topic in topics.items() if not WORDS[0] < (count := len(topic.text.split())) < WORDS[1]
    }


def test_what_a_bundle_carries_stays_small() -> None:
    import lzma

    assert len(lzma.compress(b"".join(path.read_bytes() for path in sorted(RUN_WING.rglob("*.md"))))) < 30_000
