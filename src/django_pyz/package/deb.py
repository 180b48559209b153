"""Writes a package for dpkg: an ar archive of two tar archives (deb(5)), the same bytes each time."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from django_pyz.pack.output_file import appearing
from django_pyz.package.contents import Entry
from django_pyz.package.documents import changelog
from django_pyz.package.facts import Dependency, Facts

_OVERRIDES = """\
# Shell lines that end by running Python, followed by a zip archive.
{package}: shell-script-fails-syntax-check *usr/lib/{name}/package/*
# It will hold passwords. The site's user reads it through its group.
{package}: non-standard-file-perm *etc/{name}/settings.ini*
# deb-systemd-invoke has no --no-block: a worker may take long to finish its tasks.
{package}: maintainer-script-calls-systemctl *
# All units of the site start and stop with one target.
{package}: systemd-service-file-refers-to-unusual-wantedby-target *
"""
_RELATIONS = {"<": "<<"}
_BLOCK_BYTES = 1024
_DATA = "data.tar.gz"
_QUICKLY = 1
"""gzip's level: the large files are compressed already."""
_HEADER = "{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n"


def version_of(facts: Facts) -> str:
    """The whole version of a package, without its epoch."""
    return f"{facts.version.text}-{facts.release}"


def name_of(facts: Facts) -> str:
    """The name of its file."""
    return f"{facts.name}_{version_of(facts)}_{facts.architecture}.deb"


def write(output: Path, facts: Facts, entries: Sequence[Entry], scripts: Mapping[str, str], seconds: int) -> None:
    """Write a package, atomically.

    Args:
        output: the file.
        facts: of the package.
        entries: its files.
        scripts: the maintainer scripts, by name.
        seconds: the timestamp in it, since 1970.

    Raises:
        UserError: it cannot be written.
    """
    log = changelog(facts, _with_epoch(facts), seconds)
    own = [
        Entry(f"{facts.documents}/changelog.Debian.gz", gzip.compress(log.encode(), mtime=0)),
        Entry(f"/usr/share/lintian/overrides/{facts.name}", _OVERRIDES.format(package=facts.name, name=facts.project)),
    ]
    entries = sorted([*entries, *own])
    control = gzip.compress(_control_archive(facts, entries, scripts, seconds), mtime=0)
    with appearing(output) as temporary:
        with temporary.open("wb") as file:
            file.write(b"!<arch>\n")
            for name, content in (("debian-binary", b"2.0\n"), ("control.tar.gz", control)):
                file.write(_header(name, seconds, len(content)) + content + b"\n" * (len(content) % 2))
            _write_data(file, entries, seconds)
        temporary.chmod(0o644)


def _write_data(file: IO[bytes], entries: Sequence[Entry], seconds: int) -> None:
    """Write the archive of the files."""
    start = file.tell()
    file.write(_header(_DATA, seconds, 0))
    # gzip's own header would contain the name and the time.
    with (
        gzip.GzipFile("", "wb", _QUICKLY, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for folder in _folders(entries):
            archive.addfile(_member(f"./{folder}", 0o755, seconds, is_folder=True))
        for entry in entries:
            content = entry.read()
            member = _member(f".{entry.place}", entry.mode, seconds, len(content))
            archive.addfile(member, io.BytesIO(content))
    size = file.tell() - start - len(_header("", 0, 0))
    file.write(b"\n" * (size % 2))
    file.seek(start)
    file.write(_header(_DATA, seconds, size))


def _header(name: str, seconds: int, size: int) -> bytes:
    return _HEADER.format(name, seconds, 0, 0, "100644", size).encode()


def _folders(entries: Sequence[Entry]) -> list[str]:
    """All folders, parents first, with a slash at the end."""
    found = {parent for entry in entries for parent in PurePosixPath(entry.place).parents}
    return sorted(f"{folder}/".lstrip("/") for folder in found)


def _member(name: str, mode: int, seconds: int, size: int = 0, *, is_folder: bool = False) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = tarfile.DIRTYPE if is_folder else tarfile.REGTYPE
    member.mode, member.mtime, member.size = mode, seconds, size
    member.uname = member.gname = "root"
    return member


def _control_archive(facts: Facts, entries: Sequence[Entry], scripts: Mapping[str, str], seconds: int) -> bytes:
    sums = "".join(
        f"{hashlib.md5(entry.read(), usedforsecurity=False).hexdigest()}  {entry.place[1:]}\n"
        for entry in entries
        if not entry.is_configuration
    )
    configuration = "".join(f"{entry.place}\n" for entry in entries if entry.is_configuration)
    files = {"control": _control(facts, entries), "conffiles": configuration, "md5sums": sums}
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(_member("./", 0o755, seconds, is_folder=True))
        for name, text in sorted({**files, **scripts}.items()):
            content = text.encode()
            mode = 0o755 if name in scripts else 0o644
            archive.addfile(_member(f"./{name}", mode, seconds, len(content)), io.BytesIO(content))
    return made.getvalue()


def _control(facts: Facts, entries: Sequence[Entry]) -> str:
    """The control file (deb-control(5))."""
    blocks = sum(-(-len(entry.read()) // _BLOCK_BYTES) for entry in entries) + len(_folders(entries))
    fields = {
        "Package": facts.name,
        "Version": _with_epoch(facts),
        "Architecture": facts.architecture,
        "Maintainer": facts.maintainer,
        "Installed-Size": str(blocks),
        # Also needed while dpkg unpacks a new version, when scripts/deb_postrm.sh checks it.
        "Pre-Depends": ", ".join(map(_relation, facts.python)),
        "Depends": "systemd",
        "Section": "web",
        "Priority": "optional",
        "Description": f"{facts.summary}\n{textwrap.indent(textwrap.fill(facts.description, 76), ' ')}",
    }
    return "".join(f"{name}: {text}\n" for name, text in fields.items())


def _with_epoch(facts: Facts) -> str:
    return f"{facts.version.epoch}:{version_of(facts)}" if facts.version.epoch else version_of(facts)


def _relation(one: Dependency) -> str:
    relation = _RELATIONS.get(one.relation, one.relation)
    return f"{one.name} ({relation} {one.version}~)" if relation else one.name
