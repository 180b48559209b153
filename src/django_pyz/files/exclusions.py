"""Decides by name and content which files of a project stay out of a bundle, and why."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Container
from pathlib import Path

from django_pyz.files.paths import beginning
from django_pyz.files.secret_kinds import find_url_credentials, holds_private_key, is_environment_file

SECRETS = "secrets"
PRIVATE_KEY = "private key"
DATABASE = "database"
KEY_STORE = "key store"
THIS_MACHINE = "settings of this machine"
CREDENTIALS = "names a package index with credentials"
CACHE = "cache"
UPLOADS = "uploads"
VERSION_CONTROL = "version control"
SECRET = (SECRETS, PRIVATE_KEY, KEY_STORE)
"""Reasons that `allow-secrets` overrules."""

_OF_CLOUDS = (".aws", ".azure", ".gcloud", ".kube", ".docker")
"""Folders of tools: in a home they hold credentials, in a repository its build or deployment files."""
_CREDENTIALS_OF_CLOUDS = ("credentials", "config", "config.json", "accessTokens.json", "azureProfile.json")
_FOLDERS = {
    **dict.fromkeys((".git", ".hg", ".svn", ".bzr"), VERSION_CONTROL),
    **dict.fromkeys(("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".tox", ".nox", ".cache"), CACHE),
    **dict.fromkeys((".hypothesis", ".ipynb_checkpoints", ".sass-cache", ".parcel-cache"), CACHE),
    **dict.fromkeys((".ssh", ".gnupg", ".password-store", ".envs", ".secrets", *_OF_CLOUDS), SECRETS),
    **dict.fromkeys((".terraform", ".vagrant", ".direnv"), THIS_MACHINE),
    **dict.fromkeys((".idea", ".vscode"), "editor settings"),
    "node_modules": "packages of a front-end build",
    ".eggs": "packages of an installation",
    "htmlcov": "coverage report",
    "media": UPLOADS,
}
_FILES = {
    ".git": VERSION_CONTROL,
    **dict.fromkeys(("*.pyc", "*.pyo"), CACHE),
    **dict.fromkeys(("*.sqlite", "*.sqlite[23]", "*.sqlite*-journal", "*.sqlite*-wal", "*.sqlite*-shm"), DATABASE),
    **dict.fromkeys(
        ("*.db-journal", "*.db-wal", "*.db-shm", "celerybeat-schedule", "celerybeat-schedule[.-]*"), DATABASE
    ),
    **dict.fromkeys((".env", ".env[._-]*", "*.env", ".envrc"), SECRETS),
    **dict.fromkeys((".flaskenv", "env.list", "*.env.list", "master.key", "kubeconfig", ".vault-token"), SECRETS),
    **dict.fromkeys(("*.tfvars", "*.tfvars.json", "*.kdbx", "*.agekey", ".mylogin.cnf", ".passwd"), SECRETS),
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
_NAMES = [(re.compile(fnmatch.translate(pattern)), reason) for pattern, reason in _FILES.items()]
_EXAMPLES = re.compile(r"(^|[._-])(example|sample|template|tmpl|tpl|dist|defaults?|skel)([._-]|$)", re.IGNORECASE)
_SAYS_SECRETS = re.compile(
    r"\.?([^.]*[._-])?(secrets|credentials)([._-].*)?|\.?secret([._-]?key)?(\.[a-z]+)?|client[._-]secrets?.*"
    r"|service[._-]account.*|\.?htpasswd|passwd|dotenv",
    re.IGNORECASE,
)
"""Names of files with secrets; code and pictures may have such names too."""
_PAGES_AND_DATA = {"templates", "static", "locale", "docs", "doc", "fixtures", "tests", "test", "testdata"}
"""In these folders, such a name is a topic, not the content."""
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
"""Files that list packages and where to install them from."""
_NPM_TOKEN = re.compile(rb"""(?:_auth|_authToken|_password|npmAuthToken)["']?\s*[:=]\s*["']?(?!\$)[^\s"']{8,}""")
_FOLDERS_ABOVE_CODE = {
    *("static", "assets", "fixtures", "templates", "tests", "css", "js", "scss", "less", "vendor", "locale", "themes")
}
_FOLDERS_OF_STYLE = ("css", "js", "scss", "fonts", "templates")
"""Old projects keep static files in `media`."""
_NO_DATA = re.compile(
    r".*\.(py|pyi|pyc|html?|css|scss|less|[cm]?[jt]sx?|vue|md|rst|po|mo|sql|lock|svg|png|jpe?g|gif|webp|ico|pdf|woff2?|ttf)",
    re.IGNORECASE,
)
_SECRET_IN_PYTHON = re.compile(rb"""^\w*(SECRET|PASSW(OR)?D|TOKEN|KEY)\w*\s*=\s*["'][^"']""", re.MULTILINE)
_MOST_OF_AN_ENVIRONMENT = 100_000
"""In bytes; no file of variables is larger."""


def folder_reason(root: Path, relative: Path) -> str:
    """Why a folder is left out; "" if its files are checked one by one."""
    if (root / relative / "pyvenv.cfg").is_file():
        return "virtual environment"
    reason = _FOLDERS.get(relative.name, "")
    return "" if reason == UPLOADS and _is_of_the_project(root / relative, relative) else reason


def gives_way(name: str, reason: str) -> bool:
    """Whether tracked files of a folder that is left out go in nevertheless.

    Args:
        name: of the folder.
        reason: why the folder is left out.
    """
    if reason == SECRETS:
        return name in _OF_CLOUDS
    return reason in _FOLDERS.values() and reason != VERSION_CONTROL and name != "__pycache__"


def file_reason(root: Path, relative: Path, *, is_tracked: bool, installs: Container[Path] = ()) -> str:
    """Why a file does not go in; "" if it does.

    Args:
        root: the project.
        relative: the file.
        is_tracked: whether git tracks it. Somebody decided that it belongs to the project, so its name alone does not
            exclude it, unless that suggests a secret.
        installs: more files that list packages, besides those with usual names.
    """
    path, name = root / relative, relative.name
    if (reason := _reason_by_name(relative)) and (not is_tracked or reason in SECRET):
        return reason
    if is_tracked and relative.parent.name in _OF_CLOUDS and name in _CREDENTIALS_OF_CLOUDS:
        return SECRETS
    if name.endswith(_KEY_SUFFIXES) and _is_key(beginning(path, _READ_BYTES)):
        return PRIVATE_KEY
    if (name.endswith(_SQLITE_SUFFIXES) or reason == DATABASE) and _is_database(path, is_tracked):
        return DATABASE
    if (_INSTALLS.search(path.as_posix()) or path in installs) and _has_credentials(beginning(path, _READ_BYTES)):
        return CREDENTIALS
    is_module = path.suffix == ".py" and not is_tracked and _says_secrets(relative)
    if is_module and _SECRET_IN_PYTHON.search(beginning(path, _READ_BYTES)):
        return SECRETS
    return SECRETS if _is_environment(path) else ""


def _reason_by_name(relative: Path) -> str:
    name = relative.name
    reason = next((reason for pattern, reason in _NAMES if pattern.match(name)), "")
    if not reason and _says_secrets(relative) and not _NO_DATA.fullmatch(name):
        reason = SECRETS
    return "" if reason == SECRETS and _EXAMPLES.search(name) else reason


def _says_secrets(relative: Path) -> bool:
    return bool(_SAYS_SECRETS.fullmatch(relative.name)) and not _PAGES_AND_DATA.intersection(relative.parts[:-1])


def _is_of_the_project(folder: Path, relative: Path) -> bool:
    """Whether a folder named like one for uploads holds the site's code or styles instead."""
    is_code = any(folder.glob("*.py")) or any(folder.glob("*/*.py"))
    is_style = any((folder / name).is_dir() for name in _FOLDERS_OF_STYLE)
    return is_code or is_style or bool(_FOLDERS_ABOVE_CODE.intersection(relative.parts[:-1]))


def _is_environment(path: Path) -> bool:
    """Whether a file is a list of variables with at least one secret."""
    if _NO_DATA.fullmatch(path.name) or _EXAMPLES.search(path.name):
        return False
    content = beginning(path, _MOST_OF_AN_ENVIRONMENT + 1)
    return len(content) <= _MOST_OF_AN_ENVIRONMENT and is_environment_file(content)


def _is_key(content: bytes) -> bool:
    return holds_private_key(content) or bool(_DER_KEY.match(content)) or bool(_KEY_BAG.search(content))


def _is_database(path: Path, is_tracked: bool) -> bool:
    """Whether a file is an SQLite database. A tracked one may be part of the project, unless it is a site's."""
    content = beginning(path, _READ_BYTES)
    return content.startswith(b"SQLite format 3\0") and not (is_tracked and b"django_migrations" not in content)


def _has_credentials(content: bytes) -> bool:
    return any(True for _ in find_url_credentials(content)) or bool(_NPM_TOKEN.search(content))
