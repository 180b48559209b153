"""The process that imports the site's settings for `pyz doctor`: whatever becomes of it, it ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.release.doctor import look_process
from django_pyz_runtime.release.files.site import Site
from tests.small_bundle import MANIFEST
from tests.waiting import wait_until


def seen(folder: Path, script: str) -> dict[str, object]:
    """What is seen through an executable that is a shell script."""
    executable = folder / "shop"
    executable.write_text(f"#!/bin/sh\n{script}\n")
    executable.chmod(0o755)
    bundle = Bundle(executable, folder, "a" * 64, MANIFEST)
    arguments = Arguments("/etc/shop/other.ini", (), [])
    return look_process.run(bundle, arguments, os.environ, None, Site("shop", "shop"))


def test_facts_are_lines_and_all_else_is_passed_over(tmp_path: Path) -> None:
    script = """echo "$*" > "$0.args"; echo noise; echo '["settings", {"debug": false}]'; echo '["a"]'
echo '["email", 1]'"""
    assert seen(tmp_path, script) == {"settings": {"debug": False}, "email": 1}
    assert (tmp_path / "shop.args").read_text() == "--config /etc/shop/other.ini pyz doctor --look\n"


def test_one_that_hangs_is_ended_with_all_that_it_has_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_process, "LIMIT_SECONDS", 1)
    child = tmp_path / "child"
    found = seen(tmp_path, f"""echo '["apps", true]'; sleep 1000 & echo $! > {child}; wait""")
    assert found == {"apps": True, "settings_error": "they were not imported within 1 seconds"}
    stat = Path(f"/proc/{child.read_text().strip()}/stat")
    wait_until(lambda: not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX", "its end")


@pytest.mark.parametrize("script", ["exit 1", "kill -SEGV $$"])
def test_one_that_ends_early(script: str, tmp_path: Path) -> None:
    assert seen(tmp_path, script) == {"settings_error": "the process that imports them has ended early"}


def test_one_that_cannot_be_started(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path / "gone", tmp_path, "a" * 64, MANIFEST)
    found = look_process.run(bundle, Arguments(None, (), []), {}, None, Site("shop", "shop"))
    assert found == {"settings_error": f"{tmp_path}/gone: no such file or directory"}
