"""Which release is meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.bundle.names import MANIFEST_FILE
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.upgrade.host import Host
from django_pyz_runtime.release.upgrade.rollback import find

OLDEST, OLDER, NEWEST = "1a" * 32, "1b" * 32, "2c" * 32
KEPT = f"There are 2 ({NEWEST[:12]}), 1.4 ({OLDER[:12]}), 1.3 ({OLDEST[:12]})."


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host with three releases; the version of the newest is how the builds of the others do not begin."""
    bundle = Bundle(tmp_path / "usr/bin/shop", tmp_path, NEWEST, Manifest("shop", "shop", "shop.settings", (), "3.11"))
    host = Host(bundle, tmp_path, None)
    for since, (build, version) in enumerate([(OLDEST, "1.3"), (OLDER, "1.4"), (NEWEST, "2")], 1):
        tree = host.folder / build
        (tree / "site-packages").mkdir(parents=True)
        (tree / "site-packages" / MANIFEST_FILE).write_text(json.dumps({"name": "shop"}))
        (tree / "release.json").write_text(json.dumps({"version": version, "since": since}))
        (tree / "shop").touch()
    return host


@pytest.mark.parametrize(
    ("wanted", "build"),
    [("", OLDER), ("1.3", OLDEST), ("1a", OLDEST), (OLDER, OLDER), ("2", NEWEST), ("2c2", NEWEST)],
)
def test_a_release_is_found_by_version_or_by_how_its_build_id_begins(host: Host, wanted: str, build: str) -> None:
    assert find(host, NEWEST, wanted).build == build


def test_it_goes_back_to_the_release_that_was_replaced(host: Host) -> None:
    """Which is not the newest one, where that was gone back from, or has failed."""
    host.take_in_force(host.release(NEWEST), "2", "", before=OLDEST)
    assert find(host, NEWEST, "").build == OLDEST
    host.take_in_force(host.release(NEWEST), "2", "")
    assert find(host, NEWEST, "").build == OLDEST
    (host.folder / OLDEST / "shop").unlink()
    assert find(host, NEWEST, "").build == OLDER


@pytest.mark.parametrize(
    ("in_force", "wanted", "told"),
    [
        (NEWEST, "1.5", f"no release 1.5 is kept on this host {KEPT}"),
        (NEWEST, "3f", f"no release 3f is kept on this host {KEPT}"),
        (OLDEST, "", f"no release before the active one is kept on this host {KEPT}"),
        (NEWEST, "1", "1 matches 2 releases: "),
    ],
)
def test_what_is_not_kept_is_told_with_what_is(host: Host, in_force: str, wanted: str, told: str) -> None:
    with pytest.raises(UserError) as caught:
        find(host, in_force, wanted)
    assert f"{caught.value.problem} {caught.value.hint}".startswith(told)
