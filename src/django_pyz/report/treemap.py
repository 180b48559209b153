"""Draws a size map: packages as rectangles with their folders inside, areas proportional to bytes."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

_WIDTH, _HEIGHT = 1200.0, 700.0
_TITLE_HEIGHT, _GAP = 16.0, 1.0
_LETTER_WIDTH = 7.0
_COLOURS = ("#35618f", "#4c7a34", "#8f5b35", "#6b4a8f", "#8f3f5b", "#2f7a75", "#77702c", "#5a5f6b")
_SMALLEST = 0.002
"""Share of the whole below which entries are grouped."""


class Box(NamedTuple):
    """A rectangle, in units of the picture."""

    x: float
    y: float
    width: float
    height: float


def svg(sizes: Mapping[str, int]) -> str:
    """Draw the map.

    Args:
        sizes: bytes by path; the first part of a path names the package.
    """
    packages: dict[str, Counter[str]] = {}
    for path, size in sizes.items():
        package, _, rest = path.partition("/")
        folder = rest.partition("/")[0] if "/" in rest or rest == "(bytecode)" else "(files)"
        packages.setdefault(package, Counter())[folder] += size
    total = sum(sizes.values())
    small = {name for name, folders in packages.items() if folders.total() < _SMALLEST * total}
    shown = {name: folders for name, folders in packages.items() if name not in small}
    if small:
        shown["others"] = Counter({name: packages[name].total() for name in small})
    parts = "\n".join(_packages(shown))
    return f'<svg viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-label="Size by package">\n{parts}\n</svg>'


def _packages(packages: Mapping[str, Counter[str]]) -> Iterator[str]:
    totals = Counter({name: folders.total() for name, folders in packages.items()}).most_common()
    boxes = layout([size for _, size in totals], Box(0, 0, _WIDTH, _HEIGHT))
    for number, ((name, size), box) in enumerate(zip(totals, boxes, strict=True)):
        colour = _COLOURS[number % len(_COLOURS)]
        yield _rectangle(box, colour, name, size, 1)
        inner = Box(box.x + 2, box.y + _TITLE_HEIGHT, box.width - 4, box.height - _TITLE_HEIGHT - 2)
        if inner.width > 0 and inner.height > 0:
            folders = packages[name].most_common()
            places = layout([count for _, count in folders], inner)
            for (folder, count), place in zip(folders, places, strict=True):
                yield _rectangle(place, "#ffffff", folder, count, 0.16, f"{name}/")


def _rectangle(box: Box, colour: str, name: str, size: int, opacity: float, prefix: str = "") -> str:
    told = html.escape(f"{prefix}{name}: {size / 1000:,.0f} kB")
    width, height = max(box.width - _GAP, 0), max(box.height - _GAP, 0)
    text = ""
    if (letters := int((width - 6) / _LETTER_WIDTH)) >= 3 and height >= _TITLE_HEIGHT - 2:
        label = f"{name} {size / 1000:,.0f} kB"
        label = label if len(label) <= letters else name[:letters]
        text = f'<text x="{box.x + 4:.1f}" y="{box.y + 12:.1f}">{html.escape(label)}</text>'
    return (
        f'<g><title>{told}</title><rect x="{box.x:.1f}" y="{box.y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{colour}" fill-opacity="{opacity}"/>{text}</g>'
    )


def layout(sizes: Sequence[float], box: Box) -> list[Box]:
    """Divide a rectangle by sizes, largest first, into rectangles that are as square as possible.

    After Bruls, Huizing, van Wijk: Squarified Treemaps (2000).
    """
    total = sum(sizes)
    if not total:
        return [Box(box.x, box.y, 0, 0) for _ in sizes]
    scale = box.width * box.height / total
    found: list[Box] = []
    position = 0
    while position < len(sizes):
        side = min(box.width, box.height)
        end = position + 1
        while end < len(sizes) and _worst(sizes[position : end + 1], side, scale) <= _worst(
            sizes[position:end], side, scale
        ):
            end += 1
        row, box = _row(sizes[position:end], box, scale)
        found += row
        position = end
    return found


def _worst(sizes: Sequence[float], side: float, scale: float) -> float:
    """The worst aspect ratio in a row that fills a side."""
    area = sum(sizes) * scale
    if not (side and area and min(sizes)):
        return float("inf")
    return max(side**2 * max(sizes) * scale / area**2, area**2 / (side**2 * min(sizes) * scale))


def _row(sizes: Sequence[float], box: Box, scale: float) -> tuple[list[Box], Box]:
    """The rectangles of a row along the shorter side, and the remaining one."""
    area = sum(sizes) * scale
    is_upright = box.width >= box.height
    side = box.height if is_upright else box.width
    depth = area / side if side else 0
    found, along = [], 0.0
    for size in sizes:
        length = size * scale / depth if depth else 0
        if is_upright:
            found.append(Box(box.x, box.y + along, depth, length))
        else:
            found.append(Box(box.x + along, box.y, length, depth))
        along += length
    if is_upright:
        return found, Box(box.x + depth, box.y, max(box.width - depth, 0), box.height)
    return found, Box(box.x, box.y + depth, box.width, max(box.height - depth, 0))
