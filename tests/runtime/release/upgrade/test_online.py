"""A pause of a site whose release has no gate."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.release.upgrade.host import Host
from django_pyz_runtime.release.upgrade.journal import Note
from django_pyz_runtime.release.upgrade.online import Pause, Unwanted
from django_pyz_runtime.release.upgrade.options import Policy
from tests.runtime.release.test_record import OTHER
from tests.waiting import wait_until


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """A server of such a release, as its record says."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    command = [sys.executable, "-c", OTHER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


def test_it_is_refused_until_the_server_is_stopped(older: subprocess.Popen[str], tmp_path: Path) -> None:
    bundle = Bundle(tmp_path / "shop", tmp_path, "a" * 64, Manifest("shop", "shop", "shop.settings", (), "3.11"))
    host = Host(bundle, tmp_path, None)
    pause = Pause(host, Policy(), Note("upgrade", "a" * 64, "b" * 64), lambda **more: None)
    with pytest.raises(Unwanted, match=f"^process {older.pid} runs a release that does not support pausing") as refused:
        pause.begin()
    assert not pause.has_begun
    [command] = re.findall("then start it again: `(.*)`", refused.value.hint)
    subprocess.run(shlex.split(command), check=True)
    wait_until(lambda: older.poll() is not None, "the end of the server")
    assert pause.begin() == "requests are answered with 503"
