"""A backup is refused that is not exactly what its manifest says, or would write elsewhere."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.backup.archive import MANIFEST, Archive, Writer, leads_inside

FACTS: dict[str, Any] = {"name": "shop", "build": "1", "created": "now", "databases": {}, "places": []}


def written(folder: Path, members: dict[str, bytes]) -> Path:
    """An archive with some files."""
    path = folder / "x.tar.gz"
    with path.open("wb") as file:
        writer = Writer(file)
        for name, content in members.items():
            source = folder / "source"
            source.write_bytes(content)
            with source.open("rb") as opened:
                writer.add_file(name, opened)
        writer.close({**FACTS, "created_at": 0})
    return path


def changed(path: Path, *more: tarfile.TarInfo, without: str = "") -> Path:
    """The same archive with more members before the manifest, or without one."""
    target = path.with_name("changed.tar.gz")
    with tarfile.open(path) as source, tarfile.open(target, "w:gz") as out:
        for member in more:
            out.addfile(member)
        for member in source:
            if member.name != without:
                out.addfile(member, source.extractfile(member))
    return target


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """An empty one."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def test_what_was_written_is_read_and_unpacked(tmp_path: Path) -> None:
    odd = os.fsdecode(b"media/\xff")
    members = {"media/a": b"a" * 3_000_000, odd: b"", "secret_key": b"key"}
    archive = Archive(written(tmp_path, members))
    assert sorted(archive.names()) == sorted(members)
    assert archive.facts["name"] == "shop"
    out = tmp_path / "out"
    archive.extract(lambda name: None if name == "secret_key" else out / name)
    assert {f"media/{path.name}": path.read_bytes() for path in (out / "media").iterdir()} == {
        name: content for name, content in members.items() if name != "secret_key"
    }


@pytest.mark.parametrize(
    "more",
    [
        member("../x"),
        member("/x"),
        member("media/../../x"),
        member("media/a"),
        member("media/more"),
        member("media/link", tarfile.SYMTYPE, "/etc/passwd"),
        member("media/link", tarfile.SYMTYPE, "../../etc/passwd"),
        member("media/link", tarfile.SYMTYPE, "../secret_key"),
        member("media/hard", tarfile.LNKTYPE, "secret_key"),
        member("media/pipe", tarfile.FIFOTYPE),
        member("media/device", tarfile.CHRTYPE),
    ],
    ids=lambda made: f"{made.name}-{made.type.decode()}-{made.linkname}",
)
def test_a_member_that_leads_out_or_is_not_listed_is_refused(more: tarfile.TarInfo, tmp_path: Path) -> None:
    path = changed(written(tmp_path, {"media/a": b"a", "secret_key": b"key"}), more)
    with pytest.raises(UserError, match="is damaged or not a site backup"):
        Archive(path)


def test_a_missing_member_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, {"media/a": b"a", "media/b": b"b"})
    with pytest.raises(UserError, match=r"'media/b' does not match manifest.json"):
        Archive(changed(path, without="media/b"))
    with pytest.raises(UserError, match=r"it has no manifest.json"):
        Archive(changed(path, without=MANIFEST))


@pytest.mark.parametrize("manifest", [b"[]", b"{", b'{"format": 1}', b'{"format": 1, "members": 1}', b"[" * 100_000])
def test_a_manifest_that_is_none_is_refused(manifest: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz") as out:
        made = member(MANIFEST)
        made.size = len(manifest)
        out.addfile(made, io.BytesIO(manifest))
    with pytest.raises(UserError):
        Archive(path)


@pytest.mark.parametrize("places", [[{"name": "data/../../etc", "folder": True}], [1], 1])
def test_a_place_that_leads_out_is_refused(places: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FACTS, "places", places)
    with pytest.raises(UserError, match=r"manifest.json is not valid"):
        Archive(written(tmp_path, {}))


def test_one_of_a_later_format_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_pyz_runtime.release.backup.archive.FORMAT", 2)
    path = written(tmp_path, {})
    monkeypatch.undo()
    with pytest.raises(UserError, match="wanted a backup of format 1, found 2"):
        Archive(path)


def test_a_file_that_is_cut_short_while_it_is_read_is_told(tmp_path: Path) -> None:
    class Shrinking(io.FileIO):
        def read(self, size: int | None = -1) -> Any:
            return super().read(size)[:1]

    source = tmp_path / "source"
    source.write_bytes(b"a" * 1000)
    with (
        (tmp_path / "x").open("wb") as file,
        Shrinking(str(source)) as opened,
        pytest.raises(UserError, match="truncated"),
    ):
        Writer(file).add_file("media/a", opened)


@pytest.mark.parametrize(
    ("target", "inside"),
    [("b", True), ("x/b", True), ("../media/b", True), ("x/../b", False), ("/media/b", False), ("../b", False)],
)
def test_a_link_stays_in_its_part_of_the_archive(target: str, inside: bool) -> None:
    assert leads_inside("media/link", target) is inside
