"""A file of settings of this installation, run last inside the settings module."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django_pyz_runtime import trust
from django_pyz_runtime.complaints import Complaint


def run_local_settings(path: Path, namespace: dict[str, Any]) -> None:
    """Run a file of settings inside the settings module. It is code, so it is trusted like the tree is.

    Raises:
        Complaint: it cannot be read, or somebody else could have written it.
    """
    try:
        real = path.resolve(strict=True)
        trust.check_file(str(real), os.geteuid())
        source = real.read_bytes()
    except trust.Untrusted as reason:
        raise Complaint(f"[project] local_settings: {reason}", hint="Only root or this user may write it.") from None
    except OSError as error:
        raise Complaint(f"[project] local_settings: {path}: {(error.strerror or str(error)).lower()}") from None
    exec(compile(source, str(real), "exec"), namespace)
