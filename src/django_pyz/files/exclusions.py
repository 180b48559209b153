"""Which files of a project stay out of a bundle, by their name or content, and why."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Container
from pathlib import Path

from django_pyz.files.paths import beginning
from django_pyz.files.secret_kinds import find_url_credentials, holds_private_key

SECRETS = "secrets"
PRIVATE_KEY = "private key"
DATABASE = "database"
KEY_STORE = "key store"
THIS_MACHINE = "settings of this machine"
CREDENTIALS = "names a package index with credentials"
EDITOR = "editor settings"
CACHE = "cache"
UPLOADS = "uploads"

_FOLDERS = {
    **dict.fromkeys((".git", ".hg", ".svn", ".bzr"), "version control"),
    **dict.fromkeys(("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".tox", ".nox", ".cache"), CACHE),
    **dict.fromkeys((".hypothesis", ".ipynb_checkpoints", ".sass-cache", ".parcel-cache"), CACHE),
    **dict.fromkeys((".ssh", ".aws", ".gnupg", ".azure", ".gcloud", ".kube", ".docker", ".password-store"), SECRETS),
    **dict.fromkeys((".terraform", ".vagrant", ".direnv"), THIS_MACHINE),
    **dict.fromkeys((".idea", ".vscode"), EDITOR),
    "node_modules": "packages of a front-end build",
    ".eggs": "packages of an installation",
    "htmlcov": "coverage report",
    "media": UPLOADS,
}
_FILES = {
    **dict.fromkeys(("*.pyc", "*.pyo"), CACHE),
    **dict.fromkeys(("*.sqlite", "*.sqlite[23]", "*.sqlite*-journal", "*.sqlite*-wal", "*.sqlite*-shm"), DATABASE),
    **dict.fromkeys(
        ("*.db-journal", "*.db-wal", "*.db-shm", "celerybeat-schedule", "celerybeat-schedule[.-]*"), DATABASE
    ),
    **dict.fromkeys((".env", ".env[._-]*", "*.env", ".envrc"), SECRETS),
    **dict.fromkeys((".netrc", "_netrc", ".pypirc", ".pgpass", ".my.cnf", ".htpasswd", ".boto", ".s3cfg"), SECRETS),
    **dict.fromkeys((".git-credentials", ".dockercfg", ".vault[_-]pass*", "*.tfstate", "*.tfstate.*"), SECRETS),
    **dict.fromkeys(("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "*.ppk"), PRIVATE_KEY),
    **dict.fromkeys(("*.jks", "*.keystore"), KEY_STORE),
    **dict.fromkeys((".*.sw[nop]", "*~", ".#*"), "left behind by an editor"),
    **dict.fromkeys((".DS_Store", "Thumbs.db", "desktop.ini"), "desktop settings"),
    **dict.fromkeys((".coverage", ".coverage.*"), "coverage report"),
    **dict.fromkeys(("*.sql.gz", "*.sql.bz2", "*.sql.xz", "*.sql.zst", "*.dump", "*.pgdump"), "database dump"),
    "*.log": "log",
    "*.pid": "process id",
    "local_settings.py": THIS_MACHINE,
    "*.pyz": "an earlier build",
}
_MAY_BE_TRACKED = (".sql.gz", ".sql.bz2", ".sql.xz", ".sql.zst", ".dump", ".pgdump", ".log", ".pid")
"""Names of files that may be a part of the project: they go in where git tracks them."""
_NAMES = [(re.compile(fnmatch.translate(pattern)), reason) for pattern, reason in _FILES.items()]
_EXAMPLES = re.compile(r"(^|[._-])(example|sample|template|tmpl|tpl|dist|defaults?|skel)([._-]|$)", re.IGNORECASE)
_KEY_SUFFIXES = (".pem", ".key", ".der", ".p8", ".p12", ".pfx", ".asc", ".crt", ".cer")
_DER_KEY = re.compile(rb"\x30(\x82..|\x81.|.)\x02\x01[\x00\x01]", re.DOTALL)
"""A sequence that begins with a version (RFC 5958, RFC 8017, RFC 5915); a certificate begins with a sequence."""
_KEY_BAG = re.compile(rb"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01[\x01\x02]")
"""The object identifier of a bag with a private key in a PKCS #12 file (RFC 7292)."""
_SQLITE_SUFFIXES = (".db", ".db3", ".s3db")
_READ_BYTES = 2_000_000
_INSTALLS = re.compile(
    r"(^|/)([^/]*(requirements|constraints)[^/]*\.(txt|in)|requirements/.*\.(txt|in)|Pipfile|(Pipfile|poetry|uv|pdm)\.lock"
    r"|(poetry|uv|pyproject|pylock|pylock\.[^/]+)\.toml|setup\.cfg|pip\.(conf|ini)|\.npmrc|\.yarnrc(\.yml)?)$"
)
"""Files that say what is installed and from where."""
_NPM_TOKEN = re.compile(rb"""(?:_auth|_authToken|_password|npmAuthToken)["']?\s*[:=]\s*["']?(?!\$)[^\s"']{8,}""")
_FOLDERS_ABOVE_CODE = ("static", "assets", "fixtures", "templates", "tests")
_FOLDERS_OF_STYLE = ("css", "js", "scss", "fonts")
"""Old projects have them in `media`."""


def folder_reason(path: Path) -> str:
    """Why nothing in a folder goes in; "" where its files are looked at."""
    if (path / "pyvenv.cfg").is_file():
        return "virtual environment"
    reason = _FOLDERS.get(path.name, "")
    return "" if reason == UPLOADS and _is_of_the_project(path) else reason


def file_reason(path: Path, *, is_tracked: bool, installs: Container[Path] = ()) -> str:
    """Why a file does not go in; "" where it does.

    Args:
        path: of the file.
        is_tracked: whether git tracks it: somebody decided that it is part of the project.
        installs: more files that say what is installed, besides those with usual names.
    """
    name = path.name
    if (reason := _reason_by_name(name)) and not (is_tracked and name.endswith(_MAY_BE_TRACKED)):
        return reason
    if name.endswith(_KEY_SUFFIXES) and _is_key(beginning(path, _READ_BYTES)):
        return PRIVATE_KEY
    if name.endswith(_SQLITE_SUFFIXES) and _is_database(path, is_tracked):
        return DATABASE
    if (_INSTALLS.search(path.as_posix()) or path in installs) and _has_credentials(beginning(path, _READ_BYTES)):
        return CREDENTIALS
    return ""


def _reason_by_name(name: str) -> str:
    reason = next((reason for pattern, reason in _NAMES if pattern.match(name)), "")
    return "" if reason == SECRETS and _EXAMPLES.search(name) else reason


def _is_of_the_project(folder: Path) -> bool:
    """Whether a folder with a name for uploads holds the code or style of the site instead."""
    is_code = any(folder.glob("*.py")) or any(folder.glob("*/*.py"))
    is_style = any((folder / name).is_dir() for name in _FOLDERS_OF_STYLE)
    return is_code or is_style or folder.parent.name in _FOLDERS_ABOVE_CODE


def _is_key(content: bytes) -> bool:
    return holds_private_key(content) or bool(_DER_KEY.match(content)) or bool(_KEY_BAG.search(content))


def _is_database(path: Path, is_tracked: bool) -> bool:
    """Whether a file is an SQLite database; one that git tracks may be data of the project, unless it is a site's."""
    content = beginning(path, _READ_BYTES)
    return content.startswith(b"SQLite format 3\0") and not (is_tracked and b"django_migrations" not in content)


def _has_credentials(content: bytes) -> bool:
    return any(True for _ in find_url_credentials(content)) or bool(_NPM_TOKEN.search(content))
