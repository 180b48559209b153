"""A file of settings of this installation, run last inside the settings module."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django_pyz_runtime import private_files, trust
from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.confidential import is_secret
from django_pyz_runtime.operator_code import told_without_source
from django_pyz_runtime.redaction import remember

_DEEPEST = 5
"""Dictionaries in dictionaries that are looked through for secrets."""


def run_local_settings(path: Path, namespace: dict[str, Any]) -> None:
    """Run a file of settings inside the settings module. It is code, so it is trusted like the tree is.

    Raises:
        Complaint: it cannot be read, fails, somebody else could have written it, or everyone can read secrets in it.
    """
    try:
        real = path.resolve(strict=True)
        trust.check_file(str(real), os.geteuid())
        file = private_files.read(real)
    except trust.Untrusted as reason:
        raise Complaint(f"[project] local_settings: {reason}", hint="Only root or this user may write it.") from None
    except OSError as error:
        raise Complaint(f"[project] local_settings: {path}: {(error.strerror or str(error)).lower()}") from None
    before = _secrets(namespace)
    with told_without_source("[project] local_settings", str(real)):
        exec(compile(file.content, str(real), "exec"), namespace)
    after = _secrets(namespace)
    remember((name, text) for name, text in after.items())
    if file.is_readable and after != before:
        raise Complaint(
            f"[project] local_settings: {real} sets secrets and can be read by everyone", hint=f"chmod o-rwx {real}"
        )


def _secrets(namespace: Mapping[str, Any]) -> dict[str, str]:
    """The secret settings of a namespace, by dotted name."""
    return {name: text for name, text in _texts("", namespace, _DEEPEST) if is_secret(name, text)}


def _texts(prefix: str, values: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if not isinstance(name, str) or not (prefix or name.isupper()):
            continue
        if isinstance(value, str):
            yield prefix + name, value
        elif isinstance(value, dict) and depth:
            yield from _texts(f"{prefix}{name}.", value, depth - 1)
