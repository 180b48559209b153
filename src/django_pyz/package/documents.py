"""The documents of a package: its changelog and copyright (Debian policy, 12.5 and 12.7)."""

from __future__ import annotations

import textwrap
import time
from email.utils import formatdate

from django_pyz.package.facts import Facts
from django_pyz_runtime.bundle.manifest import Manifest

_COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: {name}
Comment: The packages inside, each with its licence beside its code, in
 site-packages/*.dist-info of the release:
{packages}

Files: *
Copyright: {year} the authors of {name}, and those of the packages inside
License: as-stated-by-the-authors
 What the authors of {name} allow is not for this package to say: ask those
 who gave it to you.
"""


def copyright_text(manifest: Manifest, seconds: int) -> str:
    """The copyright file of a package, as far as the built file knows.

    Args:
        manifest: of the file.
        seconds: when the package was made, since 1970.
    """
    packages = sorted({f"{item['name']} {item['version']}" for item in manifest.sbom["components"]})
    listed = textwrap.indent(textwrap.fill(", ".join(packages), 76, break_on_hyphens=False), " ")
    return _COPYRIGHT.format(name=manifest.name, packages=listed, year=time.gmtime(seconds).tm_year)


def changelog(facts: Facts, version: str, seconds: int) -> str:
    """The changelog of a package, with its one version (deb-changelog(5)).

    Args:
        facts: of the package.
        version: the full version of the package.
        seconds: when it was made, since 1970.
    """
    lines = textwrap.fill(f"  * {facts.description}", 78, subsequent_indent="    ")
    date = formatdate(seconds)
    return f"{facts.name} ({version}) unstable; urgency=medium\n\n{lines}\n\n -- {facts.maintainer}  {date}\n"
