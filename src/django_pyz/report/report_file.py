"""Writes the report of a build: JSON for programs, or a page with a size map for people."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Any

from django_pyz.pack import output_file
from django_pyz.report import sizes, treemap
from django_pyz.report.summary import Summary
from django_pyz_runtime.errors import UserError

_PAGE = Path(__file__).with_name("page.html")
_KINDS = (".html", ".json")
_LARGEST = 30


def check(path: Path) -> None:
    """Reject a report that cannot be written, before the long steps.

    Raises:
        UserError: its suffix is unknown, or it cannot be written.
    """
    if path.suffix not in _KINDS:
        raise UserError(f"report: {path}: wanted a name that ends in {' or '.join(_KINDS)}")
    output_file.check_writable(path.absolute(), "--report")


def write(summary: Summary, path: Path) -> None:
    """Write the report.

    Raises:
        UserError: it cannot be written.
    """
    facts = _facts(summary)
    with output_file.appearing(path.absolute()) as file:
        text = json.dumps(facts, indent=1) if path.suffix == ".json" else _page(facts)
        # File names need not be text.
        file.write_text(text, encoding="utf-8", errors="backslashreplace")
        file.chmod(0o644)


def _facts(summary: Summary) -> dict[str, Any]:
    """The full report; sizes are in bytes, those of contents compressed, as in the file."""
    manifest, output = summary.manifest, summary.plan.output
    components = manifest.sbom["components"]
    return {
        "name": manifest.name,
        "script": manifest.script,
        "file": str(output),
        "version": manifest.version,
        "size": output.stat().st_size,
        "files": summary.files,
        "python": manifest.python,
        "is_bound_to_python": manifest.bound_to_python,
        "settings_module": manifest.settings_module,
        "commit": manifest.commit,
        "dependencies": str(summary.plan.found.source.files[0]),
        "packages": [{"name": item["name"], "version": item["version"]} for item in components],
        "notes": summary.notes,
        "left_out": summary.exclusions,
        "variables": [variable._asdict() for variable in manifest.variables],
        "contents": sizes.in_file(output),
    }


def _page(facts: dict[str, Any]) -> str:
    packages = len(facts["packages"])
    head = (
        f"{facts['size'] / 1e6:.1f} MB, {packages} packages, {facts['files']:,} files, for Python {facts['python']}"
        f"{' only' if facts['is_bound_to_python'] else ' or newer'}; settings {facts['settings_module']}; "
        f"dependencies from {facts['dependencies']}"
    )
    largest = sorted(facts["contents"].items(), key=lambda item: -item[1])[:_LARGEST]
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        name=html.escape(f"{facts['name']} {facts['version']}".rstrip()),
        head=html.escape(head),
        treemap=treemap.svg(facts["contents"]),
        notes=_items(facts["notes"], "Nothing."),
        left_out=_rows(facts["left_out"].items()),
        largest=_rows((path, f"{size / 1000:,.0f} kB") for path, size in largest),
        packages=_rows((item["name"], item["version"]) for item in facts["packages"]),
        variables=_rows(
            (item["name"], "required" if item["is_required"] else item["condition"] or "optional")
            for item in facts["variables"]
        ),
    )


def _items(texts: Iterable[str], otherwise: str) -> str:
    return "\n".join(f"<li>{html.escape(text)}</li>" for text in texts) or f"<li>{otherwise}</li>"


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    found = (f"<tr><td>{html.escape(first)}</td><td>{html.escape(second)}</td></tr>" for first, second in rows)
    return "\n".join(found) or "<tr><td>none</td></tr>"
