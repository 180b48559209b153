"""The addresses in the metadata of a release: those of the repository that builds it.

A workflow knows its repository by GITHUB_SERVER_URL and GITHUB_REPOSITORY. A build elsewhere has no addresses. The
README's links to files lead to the tag of the release, as a package index has the README without the files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from hatchling.metadata.plugin.interface import MetadataHookInterface

_IMAGE = re.compile(r'(!\[[^\[\]]*\]\(|\bsrc(?:set)?=")([^()\s"]+)')
_LINK = re.compile(r'(\]\(|\bhref=")(?!#)([^()\s"]+)')


class Addresses(MetadataHookInterface):
    """Sets `urls` and `readme` while hatchling builds."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set both, unless an sdist has brought them along.

        Args:
            metadata: the project table.
        """
        if "urls" in metadata:
            return
        repository = repository_address(os.environ)
        metadata["urls"] = addresses(repository, f"v{metadata['version']}") if repository else {}
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        if repository:
            text = with_full_links(text, repository, f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def repository_address(environ: Mapping[str, str]) -> str:
    """The address of the repository whose workflow this is; empty elsewhere.

    Args:
        environ: the environment.
    """
    server, name = environ.get("GITHUB_SERVER_URL"), environ.get("GITHUB_REPOSITORY")
    return f"{server}/{name}" if server and name else ""


def addresses(repository: str, tag: str) -> dict[str, str]:
    """The labelled addresses of a release.

    Args:
        repository: the address of the repository.
        tag: of the release.
    """
    return {
        "Documentation": f"{repository}/tree/{tag}/docs",
        "Source": repository,
        "Changelog": f"{repository}/blob/{tag}/CHANGELOG.md",
        "Issues": f"{repository}/issues",
        "Security": f"{repository}/security/policy",
    }


def with_full_links(text: str, repository: str, tag: str) -> str:
    """Markdown whose relative links and images have full addresses.

    Args:
        text: the Markdown.
        repository: the address of the repository.
        tag: of the release.
    """

    text = _IMAGE.sub(lambda found: found[1] + urljoin(f"{repository}/raw/{tag}/", found[2]), text)
    return _LINK.sub(lambda found: found[1] + urljoin(f"{repository}/blob/{tag}/", found[2]), text)
