"""Completions and man pages on a host: whose they are, and whether somebody has changed them."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz_runtime.release.files import shell_files
from django_pyz_runtime.release.files.files import is_as_written
from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.install.checks import is_of_site
from django_pyz_runtime.release.install.text_files import holds, read, write

SITE = Site("shop", "shop-script")
OTHER = Site("shops", "shop-script")
MARK = shell_files.MARK.format(script="shop-script", name="shop")
TEXTS = {
    "bash": f"# Completion of shop-script for bash.\n# {MARK}\ncomplete\n",
    "zsh": f"#compdef shop-script\n# {MARK}\n",
    "fish": f"# Completion of shop-script for fish.\n# {MARK}\n",
    "man1": f'.\\" {MARK}\n.TH SHOP 1\n',
    "man5": f'.\\" {MARK}\n.TH SHOP 5\n',
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_file_is_known_as_the_site_s_until_somebody_changes_it(kind: str, tmp_path: Path) -> None:
    place = shell_files.places(SITE)[kind]
    file = shell_files.host_file(SITE, kind, place, TEXTS[kind])
    path = tmp_path / place.lstrip("/")
    write(path, file.text, 0o644)
    assert holds(path, file.text)
    assert (is_of_site(path, SITE), is_of_site(path, OTHER)) == (True, False)
    assert is_as_written(read(path))
    last = file.text.splitlines()[-1]
    assert last.startswith('.\\"' if kind.startswith("man") else "#")
    write(path, file.text.replace("shop-script", "shop-scripts", 1), 0o644)
    assert not is_as_written(read(path))


def test_what_is_no_text_is_nobody_s(tmp_path: Path) -> None:
    for name, content in {"a.gz": b"no gzip", "b.gz": b"\x1f\x8b\x08", "c": b"\xff"}.items():
        (tmp_path / name).write_bytes(content)
        assert not is_of_site(tmp_path / name, SITE)
        assert not holds(tmp_path / name, "")


def test_zsh_looks_in_another_folder_on_debian() -> None:
    assert shell_files.places(SITE, is_debian=True)["zsh"] == "/usr/share/zsh/vendor-completions/_shop-script"
    assert shell_files.places(SITE, is_debian=False)["zsh"] == "/usr/share/zsh/site-functions/_shop-script"
    assert len(shell_files.all_places(SITE)) == 6
