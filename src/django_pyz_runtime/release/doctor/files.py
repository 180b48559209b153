"""Checks of owners and permissions: the executable, its code, data, configuration and secrets."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.activation.zero_config import KEY_FILE
from django_pyz_runtime.boot import places
from django_pyz_runtime.boot.trust import user_name
from django_pyz_runtime.config.configuration import Level
from django_pyz_runtime.release.doctor.facts import ROOT, Facts
from django_pyz_runtime.release.doctor.findings import BY_HAND, Check, DoesNotApply, Finding, Severity, Unknown
from django_pyz_runtime.release.doctor.modes import group_of, mode_of
from django_pyz_runtime.release.install import machine
from django_pyz_runtime.release.upgrade.journal import NAME as JOURNAL

_OTHERS_WRITE = stat.S_IWOTH | stat.S_IWGRP
_MOST_FILES = 20_000
"""How many files of the data folder are checked."""
_FEW = 5


def program(facts: Facts) -> Iterator[Finding]:
    """Everyone can run the executable, and only its owner can write it."""
    path = facts.bundle.executable
    if facts.is_installed and (owner := facts.owner_of(path)) != ROOT:
        yield _owner(path, owner, ROOT, facts.by(ROOT, f"chown root:root {_quoted(path)}"))
    wanted = 0o555 if facts.is_installed else 0o500
    yield from _mode(facts, path, wanted, _OTHERS_WRITE, Severity.ERROR)


def code(facts: Facts) -> Iterator[Finding]:
    """Only root, or this user, can write the unpacked code or replace a folder above it."""
    installed = places.installed_folders(facts.manifest.name, str(facts.bundle.executable))
    # A tree that others could have written is not used (boot.trust); another one is unpacked elsewhere.
    trees = [
        facts.bundle.root,
        *(tree for folder in installed if (tree := Path(folder, facts.bundle.build_id)).exists()),
    ]
    resolved = [Path(os.path.realpath(tree)) for tree in trees]
    for path in dict.fromkeys(path for tree in resolved for path in (tree, *tree.parents)):
        status = path.stat()
        owner = user_name(status.st_uid)
        if owner not in (ROOT, facts.me, facts.user):
            yield _owner(path, owner, ROOT, facts.by(ROOT, f"chown root:root {_quoted(path)}"))
        is_like_tmp = status.st_mode & stat.S_ISVTX and status.st_uid == 0
        if not is_like_tmp and status.st_mode & stat.S_IWOTH:
            yield from _mode(facts, path, 0, stat.S_IWOTH, Severity.ERROR)


def data(facts: Facts) -> Iterator[Finding]:
    """The data folder exists, belongs to the user who serves the site, and is closed to others."""
    path, user = facts.data, facts.user
    if not path.is_dir():
        if not facts.has_user:
            raise DoesNotApply(f"there is no data yet in {path}")
        cure = facts.by(ROOT, f"install -d -m 750 -o {user} -g {user} {_quoted(path)}")
        yield Finding(Severity.ERROR, "the data folder is not there", str(path), cure=cure)
        return
    if (owner := facts.owner_of(path)) != user:
        yield _owner(path, owner, user, facts.by(ROOT, f"chown {_pair(facts)} {_quoted(path)}"))
    yield from _mode(facts, path, 0, stat.S_IWOTH, Severity.ERROR)
    if facts.has_user:
        yield from _mode(facts, path, 0, stat.S_IROTH | stat.S_IXOTH, Severity.WARNING)


def data_files(facts: Facts) -> Iterator[Finding]:
    """The files in the data folder belong to the user who serves the site, who must be able to change them."""
    folder, user = facts.data, facts.user
    if not folder.is_dir():
        raise DoesNotApply(f"there is no data yet in {folder}")
    foreign, is_whole = _foreign(folder, user)
    if not foreign:
        if not is_whole:
            yield Finding(Severity.OK, f"the first {_MOST_FILES} files of {folder} belong to {user}")
        return
    owners = ", ".join(sorted({user_name(path.lstat().st_uid) for path in foreign}))
    if len(foreign) <= _FEW and is_whole:
        command = f"chown -h {_pair(facts)} {' '.join(map(_quoted, foreign))}"
    else:
        command = f"find {_quoted(folder)} ! -user {user} ! -name {JOURNAL} -exec chown -h {_pair(facts)} {{}} +"
    what = "belongs to another user" if len(foreign) == 1 else f"and {len(foreign) - 1} more belong to other users"
    yield Finding(Severity.ERROR, what, str(foreign[0]), f"user {owners}", f"user {user}", facts.by(ROOT, command))


def _foreign(folder: Path, user: str) -> tuple[list[Path], bool]:
    """The files in a folder that belong to other users, and whether all files were checked."""
    found: list[Path] = []
    seen = 0
    for inside, folders, files in os.walk(folder):
        for name in sorted([*folders, *files]):
            path = Path(inside, name)
            seen += 1
            if seen > _MOST_FILES:
                return found, False
            try:
                owner = user_name(path.lstat().st_uid)
            except FileNotFoundError:
                continue
            if owner != user and name != JOURNAL:
                found.append(path)
    return found, True


def settings_owner(facts: Facts) -> Iterator[Finding]:
    """settings.ini belongs to root, or to the user who serves the site if it is not installed."""
    for path in _settings_files(facts):
        owner = facts.owner_of(path)
        if owner != ROOT and (facts.is_system(path) or owner not in (facts.me, facts.user)):
            yield _owner(path, owner, ROOT, facts.by(ROOT, f"chown root {_quoted(path)}"))
    folder = facts.settings_ini.parent
    if facts.is_system(folder) and (owner := facts.owner_of(folder)) != ROOT:
        yield _owner(folder, owner, ROOT, facts.by(ROOT, f"chown root {_quoted(folder)}"))


def settings_mode(facts: Facts) -> Iterator[Finding]:
    """The user who serves the site can read settings.ini; if it holds secrets, nobody else can."""
    for path in _settings_files(facts):
        yield from _mode(facts, path, 0, stat.S_IWOTH | stat.S_IWGRP, Severity.ERROR)
        if _holds_secret(facts, path):
            yield from _mode(facts, path, 0, stat.S_IROTH, Severity.ERROR)
        if facts.has_user and not _can_read(path, facts.user):
            cure = f"chgrp {facts.user} {_quoted(path)} && chmod 640 {_quoted(path)}"
            found = f"mode {mode_of(path):04o}, group {group_of(path)}"
            wanted = f"mode 0640, group {facts.user}"
            yield Finding(
                Severity.ERROR, f"user {facts.user} cannot read it", str(path), found, wanted, facts.by(ROOT, cure)
            )


def _settings_files(facts: Facts) -> list[Path]:
    if not facts.settings_files:
        raise DoesNotApply(f"there is no {facts.settings_ini}")
    return facts.settings_files


def _holds_secret(facts: Facts, path: Path) -> bool:
    said = facts.configuration.values.values()
    levels = (Level.FILE, Level.FRAGMENT)
    return any(value.is_secret and value.level in levels and value.source.startswith(f"{path}:") for value in said)


def _can_read(path: Path, user: str) -> bool:
    status = path.stat()
    if user_name(status.st_uid) == user:
        return bool(status.st_mode & stat.S_IRUSR)
    is_of_group = machine.group_id(user) == status.st_gid
    return bool(status.st_mode & (stat.S_IRGRP if is_of_group else stat.S_IROTH))


def key(facts: Facts) -> Iterator[Finding]:
    """Only the user who serves the site can read the generated secret key."""
    path = facts.data / KEY_FILE
    try:
        path.lstat()
    except FileNotFoundError:
        raise DoesNotApply("no key was generated") from None
    except PermissionError:
        raise Unknown(f"user {facts.me} may not look into {facts.data}") from None
    yield from _mode(facts, path, 0, stat.S_IRWXG | stat.S_IRWXO, Severity.ERROR)


def secret_files(facts: Facts) -> Iterator[Finding]:
    """Files that settings.ini names for values exist and are closed to others."""
    if not facts.secret_files:
        raise DoesNotApply("the configuration names no files for values")
    for named in facts.secret_files:
        path = named.path
        where = f"{path} (named by {named.named_by})"
        if not path.exists():
            cure = f"{BY_HAND}write the value of {named.key} into {path}, mode 0640, group {facts.user}"
            yield Finding(Severity.ERROR, "is not there", where, cure=cure)
            continue
        mode, is_open = mode_of(path), bool(mode_of(path) & (stat.S_IRWXO | stat.S_IWGRP))
        is_closed = facts.has_user and not _can_read(path, facts.user)
        if is_open or is_closed:
            group = f"chgrp {facts.user} {_quoted(path)} && " if facts.has_user else ""
            cure = facts.by_owner(path, f"{group}chmod {'640' if facts.has_user else '600'} {_quoted(path)}")
            what = f"user {facts.user} cannot read it" if is_closed else "is open to others"
            found = f"mode {mode:04o}, group {group_of(path)}"
            yield Finding(Severity.ERROR, what, where, found, "" if is_closed else "mode 0640", cure)


def _mode(facts: Facts, path: Path, needed: int, forbidden: int, severity: Severity) -> Iterator[Finding]:
    """A finding if a file or folder lacks needed permissions or has forbidden ones."""
    mode = mode_of(path)
    wanted = (mode | needed) & ~forbidden
    if mode != wanted:
        cure = facts.by_owner(path, f"chmod {wanted:o} {_quoted(path)}")
        yield Finding(severity, "has the wrong permissions", str(path), f"mode {mode:04o}", f"mode {wanted:04o}", cure)


def _owner(path: Path, found: str, wanted: str, cure: str) -> Finding:
    return Finding(Severity.ERROR, "belongs to another user", str(path), f"user {found}", f"user {wanted}", cure)


def _pair(facts: Facts) -> str:
    """User and group, for chown."""
    return f"{facts.user}:{facts.user}" if facts.has_user else facts.user


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


CHECKS = (
    Check("program", "everyone can run the executable and only its owner can write it", program),
    Check("code", "nobody else can write the unpacked code", code),
    Check("data-folder", "the data folder belongs to the site's user", data),
    Check("data-files", "all data belongs to the site's user", data_files),
    Check("settings-owner", "nobody else owns settings.ini", settings_owner),
    Check("settings-mode", "the site's user can read settings.ini, and nobody else can read secrets", settings_mode),
    Check("secret-key-file", "the generated secret key is closed to others", key),
    Check("secret-files", "files with secrets are closed to others", secret_files),
)
