"""`pyz install --system --root DIR`: the files of an installation, for packages and images."""

from __future__ import annotations

import gzip
import stat
from pathlib import Path

from tests.e2e.harness import Machine

UNITS = "usr/lib/systemd/system"
SHELL_FILES = (
    "usr/share/bash-completion/completions/shop-script",
    "usr/share/zsh/vendor-completions/_shop-script",
    "usr/share/fish/vendor_completions.d/shop-script.fish",
    "usr/share/man/man1/shop-script.1.gz",
    "usr/share/man/man5/shop-script.settings.5.gz",
)


def test_all_files_are_staged_without_users_and_without_a_key(shop: Machine, tmp_path: Path) -> None:
    root = tmp_path / "root"
    options = ("--system", "--root", str(root), "--set", "serve.bind=127.0.0.1:8001")
    said = shop.succeed("pyz", "install", *options)
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and "releases" not in path.parts}
    assert files == {
        *(f"{UNITS}/shop.{kind}" for kind in ("service", "socket", "target")),
        *("usr/lib/sysusers.d/shop.conf", "usr/lib/tmpfiles.d/shop.conf", "usr/bin/shop-script"),
        "etc/shop/settings.ini",
        *SHELL_FILES,
    }
    assert said.count(": written\n") == len(said.splitlines()) == len(files) + 1
    settings = root / "etc/shop/settings.ini"
    assert "\nSECRET_KEY" not in settings.read_text()
    assert "\nbind = 127.0.0.1:8001\n" in settings.read_text()
    assert stat.S_IMODE(settings.stat().st_mode) == 0o640
    assert "ListenStream=127.0.0.1:8001\n" in (root / UNITS / "shop.socket").read_text()
    said = shop.succeed("pyz", "install", *options)
    assert said.count(": is in place\n") == len(said.splitlines())


def test_a_completion_of_somebody_else_stays_and_a_changed_one_is_written_again(shop: Machine, tmp_path: Path) -> None:
    root = tmp_path / "root"
    install = ("pyz", "install", "--system", "--root", str(root))
    shop.succeed(*install)
    foreign, changed = root / SHELL_FILES[0], root / SHELL_FILES[3]
    page = changed.read_bytes()
    # Neither a name nor a time (gzip(1), RFC 1952, 2.3).
    assert page[3:8] == b"\0\0\0\0\0"
    foreign.write_text("complete -A user shop-script\n")
    changed.write_bytes(gzip.compress(gzip.decompress(page).replace(b"Minimum", b"Least") + b"\n"))
    said = shop.succeed(*install)
    assert [line for line in said.splitlines() if not line.endswith(": is in place")] == [
        f"{foreign}: kept, as it does not belong to the site shop",
        f"{changed}: written",
    ]
    assert changed.read_bytes() == page


def test_one_may_look_first(shop: Machine, tmp_path: Path) -> None:
    said = shop.succeed("pyz", "install", "--system", "--root", str(tmp_path / "root"), "--print")
    assert said.count(": would be written\n") == 13
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
