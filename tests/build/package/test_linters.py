"""What the programs of Debian and of rpm think of the packages."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from django_pyz.package.package import package
from django_pyz.report.progress import Progress


@pytest.fixture(scope="module")
def packages(file: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both, by their kinds."""
    made = package(file, ("deb", "rpm"), tmp_path_factory.mktemp("packages"), "", 1, Progress())
    return {path.suffix[1:]: path for path in made}


@pytest.mark.slow
@pytest.mark.needs("lintian")
def test_lintian_has_nothing_to_say(packages: dict[str, Path]) -> None:
    command = ["lintian", "--allow-root", "--fail-on", "error,warning", str(packages["deb"])]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.needs("rpmlint")
def test_rpmlint_finds_but_what_is_meant(packages: dict[str, Path]) -> None:
    done = subprocess.run(["rpmlint", packages["rpm"]], capture_output=True, text=True)
    errors = re.findall(r": E: (\S+)(?: (\S+))?", done.stdout)
    # Passwords go into it, which the site's user reads as its group; and whoever publishes packages signs them.
    assert sorted(errors) == [("no-signature", ""), ("non-readable", "/etc/shop/settings.ini")], done.stdout


@pytest.mark.needs("cpio", "dpkg", "rpm", "rpm2cpio")
def test_the_rpm_holds_what_the_deb_holds(packages: dict[str, Path], tmp_path: Path) -> None:
    deb, rpm, rpm_file = tmp_path / "deb", tmp_path / "rpm", packages["rpm"]
    subprocess.run(["dpkg-deb", "--extract", packages["deb"], deb], check=True)
    rpm.mkdir()
    with subprocess.Popen(["rpm2cpio", rpm_file], stdout=subprocess.PIPE) as unpacked:
        command = ["cpio", "--extract", "--make-directories", "--quiet"]
        subprocess.run(command, cwd=rpm, stdin=unpacked.stdout, check=True)
    found = {path.relative_to(rpm): path for path in rpm.rglob("*") if path.is_file()}
    expected = {path.relative_to(deb): path for path in deb.rglob("*") if path.is_file()}
    own = {path for path in expected if path.name == "changelog.Debian.gz" or "lintian" in path.parts}
    # zsh of other distributions looks elsewhere (fpath of Debian: vendor-completions).
    moved = {path: Path(str(path).replace("site-functions", "vendor-completions")) for path in found}
    assert set(expected) - own == set(moved.values())
    for name, path in found.items():
        assert path.read_bytes() == expected[moved[name]].read_bytes()
        assert path.stat().st_mode == expected[moved[name]].stat().st_mode
    query = ["rpm", "--query", "--package", "--queryformat", "[%{REQUIRENAME} ]\n[%{FILENAMES} %{FILEFLAGS:fflags}\n]"]
    needs, *flags = subprocess.run([*query, rpm_file], check=True, capture_output=True, text=True).stdout.splitlines()
    assert needs.startswith("python3 systemd ")
    assert [line for line in flags if line.endswith(" cn")] == ["/etc/shop/settings.ini cn"]
