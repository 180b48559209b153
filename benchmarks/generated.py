"""Generates a wheel with any number of files: half small modules, half data, made of words."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

NAME = "filling"
_PER_FOLDER = 50
_WORDS = (
    "account",
    "archive",
    "branch",
    "carrier",
    "channel",
    "client",
    "contract",
    "customer",
    "detail",
    "discount",
    "draft",
    "event",
    "field",
    "folder",
    "handler",
    "index",
    "item",
    "label",
    "limit",
    "locale",
    "market",
    "member",
    "month",
    "notice",
    "object",
    "order",
    "package",
    "payment",
    "permit",
    "place",
    "position",
    "product",
    "project",
    "quarter",
    "record",
    "report",
    "resource",
    "review",
    "sample",
    "section",
    "series",
    "session",
    "signal",
    "source",
    "state",
    "status",
    "storage",
    "subject",
    "supply",
    "table",
    "team",
    "term",
    "title",
    "total",
    "unit",
    "user",
    "vendor",
    "visit",
    "voucher",
    "week",
    "zone",
)


def write_wheel(folder: Path, files: int) -> Path:
    """Write the wheel.

    Args:
        folder: where to write it.
        files: their number.
    """
    path = folder / f"{NAME}-{files}-py3-none-any.whl"
    metadata = f"{NAME}-{files}.dist-info"
    members = {
        **dict(_members(files)),
        f"{metadata}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {files}\n",
        f"{metadata}/WHEEL": "Wheel-Version: 1.0\nGenerator: benchmarks\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{metadata}/RECORD"
    members[record] = "".join(f"{name},,\n" for name in [*members, record])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def _members(files: int) -> Iterator[tuple[str, str]]:
    """That many files, always the same."""
    words = random.Random(files)
    yield f"{NAME}/__init__.py", ""
    for number in range(files - 1):
        folder, position = f"{NAME}/part_{number // _PER_FOLDER:04d}", number % _PER_FOLDER
        if position == 0:
            yield f"{folder}/__init__.py", ""
        elif position % 2:
            yield f"{folder}/module_{position:02d}.py", _module(words)
        else:
            yield f"{folder}/text_{position:02d}.txt", "\n".join(_sentence(words) for _ in range(40))


def _module(words: random.Random) -> str:
    return "\n\n".join(
        f"def {'_'.join(words.choices(_WORDS, k=3))}({', '.join(words.sample(_WORDS, k=3))}):\n"
        f'    """{_sentence(words)}"""\n'
        f"    return {{name: len(name) * {words.randrange(1000)} for name in {words.sample(_WORDS, k=6)!r}}}\n"
        for _ in range(12)
    )


def _sentence(words: random.Random) -> str:
    return " ".join(words.choices(_WORDS, k=8)).capitalize() + "."
