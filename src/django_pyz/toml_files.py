"""Reading TOML files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django_pyz_runtime.errors import UserError


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a file; nothing where there is no file.

    Raises:
        UserError: it is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (ValueError, OSError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    except RecursionError:
        raise UserError(f"{path}: cannot be read (lists or tables are nested too deeply)") from None
