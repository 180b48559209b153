"""Zero configuration: the defaults with which a project starts without configuration."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from django_pyz_runtime.boot import trust
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.data.relocation import make_data_dir
from django_pyz_runtime.data.settings_walk import is_really
from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.secrets import private_files
from django_pyz_runtime.secrets.redaction import remember

KEY_FILE = "secret_key"
_INSECURE = "django-insecure-"
"""The prefix of the key that startproject writes (Django's check security.W009)."""
_REPORT_FILTER = "django_pyz_runtime.secrets.report_filter.ReportFilter"
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]


def needs_secret_key(namespace: MutableMapping[str, Any]) -> bool:
    """Whether the settings have no key of their own that could be used in production."""
    key = namespace.get("SECRET_KEY", "")
    # One that is made later, as by a lazy object, is the project's own.
    return key is None or (is_really(key, str, bytes) and (not key or str(key).startswith(_INSECURE)))


def key_variables(manifest: Manifest) -> list[str]:
    """The environment variables that the settings need for their secret key."""
    package = manifest.settings_module.partition(".")[0]
    owners = ("DJANGO", "APP", manifest.env_prefix.rstrip("_"), package.upper())
    names = {"SECRET_KEY", *(f"{owner}_SECRET_KEY" for owner in owners)}
    return [item.name for item in manifest.variables if item.is_required and item.name in names]


def secret_key(data_dir: Path) -> str:
    """The key stored in the data folder; the first process makes it.

    Args:
        data_dir: the data folder; it is made where it is missing.

    Raises:
        UserError: the key can be neither read nor written, or everyone can read it.
    """
    path = data_dir / KEY_FILE
    try:
        if not os.path.exists(path):
            make_data_dir(data_dir)
            _write_first(path, new_key())
        file = private_files.read(path)
        key = file.content.decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path}: the generated secret key cannot be kept there ({system_reason(error)})",
            hint="Set [settings] SECRET_KEY, or [project] data_dir to a folder that this user can write.",
        ) from None
    if file.is_readable or file.is_writable:
        raise UserError(f"{path}: the generated secret key is open to everyone", hint=trust.closing(str(path)))
    remember([(KEY_FILE, key)])
    return key


def new_key() -> str:
    """A key that nobody has."""
    import secrets

    return secrets.token_urlsafe(50)


def _write_first(path: Path, text: str) -> None:
    """Write a private file atomically, unless another process was first."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(descriptor)
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def harden_for_serving(namespace: MutableMapping[str, Any], *, may_debug: bool) -> None:
    """For serving: no debug pages unless the operator asks for them, and where no host is named only this machine's.

    Reports of errors show no passwords inside URLs, unless the project has a filter of its own.

    Args:
        namespace: of the settings module.
        may_debug: whether the configuration, and not just the project, sets DEBUG.
    """
    if not may_debug:
        namespace["DEBUG"] = False
    if not namespace.get("ALLOWED_HOSTS"):
        namespace["ALLOWED_HOSTS"] = list(LOCAL_HOSTS)
    namespace.setdefault("DEFAULT_EXCEPTION_REPORTER_FILTER", _REPORT_FILTER)
