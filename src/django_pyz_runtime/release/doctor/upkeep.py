"""Checks of maintenance: one release everywhere, upgrades, backups, old code, static files."""

from __future__ import annotations

import json
import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.boot import places, releases
from django_pyz_runtime.boot.trust import user_name
from django_pyz_runtime.bundle import seal
from django_pyz_runtime.bundle.manifest import STATIC_FOLDER
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release import record
from django_pyz_runtime.release.backup.backup import FOLDER, newest
from django_pyz_runtime.release.doctor.facts import ROOT, Facts
from django_pyz_runtime.release.doctor.findings import BY_HAND, Check, DoesNotApply, Finding, Severity, Unknown
from django_pyz_runtime.release.doctor.modes import mode_of
from django_pyz_runtime.release.doctor.web_server import nginx
from django_pyz_runtime.release.processes import processes
from django_pyz_runtime.release.upgrade.left import left_over

_MOST_DAYS = 8
_DAY_SECONDS = 86400
_MOST_TREES = 3
_MANIFEST = "staticfiles.json"
_COMPRESSED = (".gz", ".br")


def program(facts: Facts) -> Iterator[Finding]:
    """The executable is as it was built; if not, the fix uses the copy beside its code."""
    executable = facts.bundle.executable
    kept = facts.bundle.root / facts.manifest.script
    try:
        seal.check(str(executable))
    except UserError as error:
        is_whole = kept != executable and kept.is_file() and _is_whole(kept)
        command = f"install -m 755 {shlex.quote(str(kept))} {shlex.quote(str(executable))}"
        cure = facts.by_owner(executable, command) if is_whole else BY_HAND + error.hint
        yield Finding(Severity.ERROR, "is damaged", str(executable), error.problem.rpartition("damaged ")[2], "", cure)
        return
    if kept != executable and kept.is_file() and not _is_whole(kept):
        cure = facts.by_owner(kept, f"install -m 755 {shlex.quote(str(executable))} {shlex.quote(str(kept))}")
        yield Finding(Severity.WARNING, "the kept copy is damaged", str(kept), cure=cure)


def _is_whole(path: Path) -> bool:
    try:
        seal.check(str(path))
    except UserError:
        return False
    return True


def release(facts: Facts) -> Iterator[Finding]:
    """Every process runs this release."""
    found = processes(facts.processes, facts.bundle.build_id, facts.now)
    if not found:
        raise DoesNotApply("nothing of the site runs that this user may see")
    for one in found:
        if one.is_old:
            is_web = one.role == record.WEB
            unit = f"{facts.site.name}-{one.role}.service"
            cure = facts.ours("pyz reload") if is_web else facts.by(ROOT, f"systemctl restart {shlex.quote(unit)}")
            where = f"{one.role}, process {one.pid}"
            what = "runs the code of another release"
            yield Finding(Severity.WARNING, what, where, one.release, facts.bundle.release, cure)


def upgrade(facts: Facts) -> Iterator[Finding]:
    """No upgrade or rollback was interrupted."""
    if not facts.is_installed:
        raise DoesNotApply("this file is not installed")
    if (left := left_over(facts.bundle)) is None:
        return
    if left.is_busy:
        yield Finding(Severity.INFO, f"the {left.what} is under way", left.to[:12], f"the step {left.step}")
        return
    what = f"the {left.what} was not finished"
    yield Finding(
        Severity.ERROR, what, left.to[:12], f"the step {left.step}", "its end", facts.by(ROOT, left.next_command)
    )


def backups(facts: Facts) -> Iterator[Finding]:
    """There is a recent backup that others cannot read."""
    folder = facts.data / FOLDER
    if not facts.has_units and not folder.exists():
        raise DoesNotApply("no service is installed, and no backup was ever made")
    try:
        found = newest(folder, facts.manifest.name) if folder.exists() else []
    except PermissionError:
        raise Unknown(f"user {facts.me} may not look into {folder}") from None
    make = facts.ours("pyz backup --keep 14")
    if not found:
        yield Finding(Severity.WARNING, "there is no backup", str(folder), cure=make)
        return
    days = (facts.now - found[0].stat().st_mtime) / _DAY_SECONDS
    if days > _MOST_DAYS:
        what = "the newest backup is old"
        wanted = f"at most {_MOST_DAYS} days"
        yield Finding(Severity.WARNING, what, str(found[0]), f"{days:.0f} days", wanted, make)
    open_to_others = [path for path in found if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)]
    if open_to_others:
        first = open_to_others[0]
        cure = facts.by_owner(first, f"chmod 600 {' '.join(shlex.quote(str(path)) for path in open_to_others)}")
        found_mode = f"mode {mode_of(first):04o}"
        what = "backups can be read by others"
        yield Finding(Severity.ERROR, what, str(first), found_mode, "mode 0600", cure)


def trees(facts: Facts) -> Iterator[Finding]:
    """No more old code is kept than is needed to go back."""
    own, name = facts.bundle.root, facts.manifest.name
    folders = [str(own.parent), *places.installed_folders(name, str(facts.bundle.executable))]
    for folder in dict.fromkeys(map(os.path.realpath, folders)):
        others = releases.others(folder, name, own.name)
        if len(others) > _MOST_TREES:
            owner = user_name(os.stat(folder).st_uid)
            cure = facts.by(owner, f"{facts.program} pyz prune --keep {_MOST_TREES}")
            what = "holds code of releases that are probably not needed any more"
            yield Finding(Severity.INFO, what, folder, f"{len(others)} others", f"at most {_MOST_TREES}", cure)


def static(facts: Facts) -> Iterator[Finding]:
    """Static files outside the file are complete and belong to this release."""
    folders = dict(_static_folders(facts))
    if not folders:
        raise DoesNotApply("static files are served from inside the file")
    for folder, named_by in folders.items():
        path = Path(folder)
        where = f"{folder} (named by {named_by})"
        command = f"{facts.program} collectstatic --noinput --dir {shlex.quote(folder)}"
        nearest = next(one for one in (path, *path.parents) if one.exists())
        cure = facts.by(facts.owner_of(nearest), command)
        if not path.is_dir():
            yield Finding(Severity.ERROR, "static files are not there", where, cure=cure)
        elif lacking := _lacking(facts, path):
            found = f"{len(lacking)} files missing or different, the first is {lacking[0]}"
            what = "static files are not those of this release"
            yield Finding(Severity.ERROR, what, where, found, f"those of {facts.bundle.release}", cure)


def _static_folders(facts: Facts) -> Iterator[tuple[str, str]]:
    if root := facts.option("static", "root"):
        said = facts.value("static", "root")
        yield str(root), said.source if said else "[static] root"
    url = "/" + facts.settings["static_url"].strip("/") + "/"
    for alias in nginx(facts.site).aliases:
        if alias.url == url or (url.endswith(alias.url) and alias.url != "/"):
            yield alias.folder.rstrip("/"), alias.where


def _lacking(facts: Facts, folder: Path) -> list[str]:
    """The missing or different files of a folder, compared with those built in, or else with its own list."""
    built_in = facts.bundle.site_packages / STATIC_FOLDER
    if facts.manifest.has_static:
        wanted = [path for path in sorted(built_in.rglob("*")) if path.is_file() and path.suffix not in _COMPRESSED]
        names = [(str(path.relative_to(built_in)), path.stat().st_size) for path in wanted]
        return [name for name, size in names if name != _MANIFEST and not _has(folder / name, size)]
    try:
        listed = json.loads((folder / _MANIFEST).read_bytes())["paths"].values()
    except (OSError, ValueError, KeyError, AttributeError):
        return []
    return [str(name) for name in listed if not (folder / str(name)).is_file()]


def _has(path: Path, size_bytes: int) -> bool:
    try:
        return path.stat().st_size == size_bytes
    except OSError:
        return False


CHECKS = (
    Check("program-intact", "the executable is as it was built", program),
    Check("running-release", "every process runs this release", release),
    Check("upgrade", "no upgrade was interrupted", upgrade),
    Check("backups", "there is a recent backup that others cannot read", backups),
    Check("old-code", "no more old code is kept than is needed to go back", trees),
    Check("static-files", "static files outside the file are those of this release", static),
)
