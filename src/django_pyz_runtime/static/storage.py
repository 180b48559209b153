"""The static files storage of bundles whose project left Django's plain one in place: names with a hash."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.contrib.staticfiles.utils import matches_patterns
from django.core.exceptions import SuspiciousFileOperation

from django_pyz_runtime.errors import say, system_reason

_LONGEST_NAME = 255 - len(".0123456789ab" + ".gz")


class HashedStaticFilesStorage(ManifestStaticFilesStorage):
    """Like Django's, but a file that cannot be hashed keeps its plain name instead of failing the whole run.

    A name that is in no manifest refers to the plain file.

    Attributes:
        plain: files that keep their names, to where they come from and why, as "/path/site.css: line 3: ...".
    """

    manifest_strict = False
    max_post_process_passes = 10

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plain: dict[str, str] = {}
        self._reader = ""
        self._references: dict[str, set[str]] = {}

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Hash the files; each round but the last one finds some that cannot be hashed."""
        sources, paths = paths, dict(paths)
        failed = dict(self._unusable(paths))
        while True:
            for name, reason in failed.items():
                self.plain[name] = f"{_source(sources, name)}: {reason}"
                del paths[name]
            self._references.clear()
            done = list(super().post_process(paths, dry_run=dry_run, **options))
            errors = {name: error for name, _, error in done if isinstance(error, Exception)}
            if not (failed := {name: reason for name, reason in self._reasons(errors) if name in paths}):
                break
            for _, hashed, _ in done:
                if hashed:
                    self.delete(hashed)
        for reason in self.plain.values():
            say(f"{reason}; the file keeps its plain name")
        yield from done

    def _unusable(self, paths: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """The files after which Django could not go on."""
        for name, (storage, path) in paths.items():
            if len(os.fsencode(os.path.basename(name))) > _LONGEST_NAME:
                yield name, "its name is too long"
            elif matches_patterns(name, self._patterns):  # type: ignore[attr-defined]
                with storage.open(path) as file:
                    try:
                        file.read().decode("utf-8")
                    except UnicodeDecodeError as error:
                        yield name, str(error)

    def _reasons(self, errors: Mapping[str, Exception]) -> Iterator[tuple[str, str]]:
        for name, error in errors.items():
            if isinstance(error, RuntimeError):
                # Names of several files, or none: their hashes go on changing, as they depend on each other.
                yield from ((name, "it refers to itself, directly or indirectly") for name in self._in_circles())
            else:
                yield name, str(error).replace(os.path.join(self.location, ""), "")

    def _in_circles(self) -> Iterator[str]:
        """The files that refer to themselves, by way of others or not."""
        for start, references in self._references.items():
            reached, left = set[str](), [*references]
            while left:
                if (name := left.pop()) not in reached:
                    reached.add(name)
                    left += self._references.get(name, ())
            if start in reached:
                yield start

    def save_manifest(self) -> None:
        """Write the manifest, in which a file that keeps its name has an entry as well."""
        self.hashed_files.update({name: name for name in self.plain})
        super().save_manifest()

    def url_converter(self, name: str, *args: Any, **kwargs: Any) -> Callable[[Any], str]:
        """What takes the place of a reference; its errors say where it is, as the caller goes on with other files."""
        convert = super().url_converter(name, *args, **kwargs)

        def converter(match: Any) -> str:
            self._reader = name
            try:
                converted: str = convert(match)
            except Exception as error:
                line = match.string.count("\n", 0, match.start()) + 1
                is_outside = isinstance(error, SuspiciousFileOperation)
                reason = "leads out of the static files" if is_outside else f"({system_reason(error)})"
                raise ValueError(f"line {line}: {match['matched'] or match['url']} {reason}") from error
            return converted

        return converter

    def _stored_name(self, name: str, hashed_files: dict[str, str]) -> str:
        """The hashed name of a reference."""
        path = posixpath.normpath(urlsplit(name).path)
        self._references.setdefault(self._reader, set()).add(path)
        # Not public, and not in the stubs.
        stored: str = super()._stored_name(name, hashed_files)  # type: ignore[misc]
        return stored

    def stored_name(self, name: str) -> str:
        """The hashed name, else the name itself."""
        path = urlsplit(unquote(name)).path.strip()
        stored: str = super().stored_name(name) if path in self.hashed_files else name
        return stored

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        """The hashed name of a file that was collected; a reference to a missing or plain one keeps its name."""
        if urlsplit(unquote(name)).path.strip() in self.plain:
            return name
        try:
            hashed: str = super().hashed_name(name, content, filename)
        except ValueError:
            return name
        return hashed


def _source(paths: dict[str, Any], name: str) -> str:
    """Where a file comes from."""
    storage, path = paths[name]
    try:
        return str(storage.path(path))
    except NotImplementedError:
        return name
