"""The files of a site for shells and man(1): their places, and their mark."""

from __future__ import annotations

import os
from collections.abc import Mapping

from django_pyz_runtime.release.files.files import HostFile, sealed
from django_pyz_runtime.release.files.site import Site

MARK = "Written by {script} for the site {name}. `pyz upgrade` replaces it."
_ZSH = "/usr/share/zsh/vendor-completions", "/usr/share/zsh/site-functions"
"""Of Debian and of the others."""
_PLACES = {
    "bash": "/usr/share/bash-completion/completions/{script}",
    "zsh": "{zsh}/_{script}",
    "fish": "/usr/share/fish/vendor_completions.d/{script}.fish",
    "man1": "/usr/share/man/man1/{script}.1.gz",
    "man5": "/usr/share/man/man5/{script}.settings.5.gz",
}


def places(site: Site, *, is_debian: bool | None = None) -> Mapping[str, str]:
    """The places of the files, by their kinds.

    Args:
        site: by its names.
        is_debian: whether the host runs Debian or a derivative; None for this host.
    """
    if is_debian is None:
        is_debian = os.path.exists("/etc/debian_version")
    zsh = _ZSH[0] if is_debian else _ZSH[1]
    return {kind: place.format(script=site.script, zsh=zsh) for kind, place in _PLACES.items()}


def all_places(site: Site) -> list[str]:
    """All places where such files may be, on any host."""
    return sorted({place for is_debian in (True, False) for place in places(site, is_debian=is_debian).values()})


def host_file(site: Site, kind: str, place: str, text: str) -> HostFile:
    """A file with its mark and digest, which show later whether somebody has changed it."""
    name = f"{site.script}.{kind}" if not kind.startswith("man") else os.path.basename(place).removesuffix(".gz")
    return HostFile(f"shell/{name}", place, sealed(text))
