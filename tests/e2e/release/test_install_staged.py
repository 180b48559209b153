"""`pyz install --system --root DIR`: the files of an installation, for packages and images."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.e2e.harness import Machine

UNITS = "usr/lib/systemd/system"


def test_all_files_are_staged_without_users_and_without_a_key(shop: Machine, tmp_path: Path) -> None:
    root = tmp_path / "root"
    options = ("--system", "--root", str(root), "--set", "serve.bind=127.0.0.1:8001")
    said = shop.succeed("pyz", "install", *options)
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and "releases" not in path.parts}
    assert files == {
        *(f"{UNITS}/shop.{kind}" for kind in ("service", "socket", "target")),
        *("usr/lib/sysusers.d/shop.conf", "usr/lib/tmpfiles.d/shop.conf", "usr/bin/shop-script"),
        "etc/shop/settings.ini",
    }
    assert said.count(": written\n") == len(said.splitlines()) == len(files) + 1
    settings = root / "etc/shop/settings.ini"
    assert "\nSECRET_KEY" not in settings.read_text()
    assert "\nbind = 127.0.0.1:8001\n" in settings.read_text()
    assert stat.S_IMODE(settings.stat().st_mode) == 0o640
    assert "ListenStream=127.0.0.1:8001\n" in (root / UNITS / "shop.socket").read_text()
    said = shop.succeed("pyz", "install", *options)
    assert said.count(": is in place\n") == len(said.splitlines())


def test_one_may_look_first(shop: Machine, tmp_path: Path) -> None:
    said = shop.succeed("pyz", "install", "--system", "--root", str(tmp_path / "root"), "--print")
    assert said.count(": would be written\n") == 8
    assert not (tmp_path / "root").exists()


def test_a_refusal_leaves_nothing(shop: Machine, tmp_path: Path) -> None:
    root = tmp_path / "root"
    done = shop.run("pyz", "install", "--system", "--root", str(root), "--set", "serve.workers=many")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--set serve.workers: [serve] workers: wanted auto or a whole number from 1, found 'many'\n" in done.stderr
    assert [path for path in root.rglob("*") if path.is_file()] == []


def test_another_settings_ini_is_not_taken(shop: Machine, tmp_path: Path) -> None:
    (tmp_path / "my.ini").write_text("")
    done = shop.run(
        "pyz", "install", "--system", "--config", str(tmp_path / "my.ini"), "--root", str(tmp_path / "root")
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Copy the file to /etc/shop/settings.ini first" in done.stderr
