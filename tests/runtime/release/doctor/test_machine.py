"""What `pyz doctor` says of the machine: the clock, Python, room, mounts; and certificates."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.release.doctor.certificates import ends_of, files_of
from django_pyz_runtime.release.doctor.facts import Facts
from django_pyz_runtime.release.doctor.findings import Severity
from django_pyz_runtime.release.doctor.machine import Room, built_at, mount_of
from django_pyz_runtime.release.doctor.report import chosen
from tests.small_bundle import MANIFEST, write_small

LITTLE, NOTHING = 500_000_000, 50_000_000
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def facts_of(executable: Path, python: str = HERE) -> Facts:
    """What is known of a file."""
    manifest = MANIFEST._replace(python=python)
    return Facts(Bundle(executable, executable.parent, "a" * 64, manifest), Arguments(None, (), []), {})


def test_a_clock_before_the_build_is_told(tmp_path: Path) -> None:
    """The file is from the future. The cure sets the clock of a machine, which a test has to leave alone."""
    [check] = chosen(["clock"])
    ahead = write_small(tmp_path / "ahead", epoch=4_000_000_000)
    assert abs(built_at(ahead) - 4_000_000_000) < 2
    [finding] = check.run(facts_of(ahead))
    assert (finding.severity, "before that of the build" in finding.what) == (Severity.ERROR, True)
    assert finding.wanted == "later than 2096-10-02 07:06 UTC"
    assert finding.cure.endswith("timedatectl set-ntp true")
    facts = facts_of(ahead)
    facts.now = 4_000_000_001
    assert Severity.ERROR not in [finding.severity for finding in check.run(facts)]


def test_another_python_than_that_of_the_build_is_told_until_the_file_is_built_for_it(tmp_path: Path) -> None:
    [check] = chosen(["python"])
    other = "3.10" if HERE != "3.10" else "3.9"
    [finding] = check.run(facts_of(tmp_path / "shop", other))
    assert (finding.severity, finding.found, finding.wanted) == (Severity.WARNING, f"Python {HERE}", f"Python {other}")
    [built_for] = re.findall(r"django-pyz build --python (\S+)$", finding.cure)
    [finding] = check.run(facts_of(tmp_path / "shop", built_for))
    assert finding.severity is Severity.OK


def test_a_python_that_gets_no_more_mending_is_told(tmp_path: Path) -> None:
    [check] = chosen(["python"])
    facts = facts_of(tmp_path / "shop")
    facts.now = datetime(2040, 1, 1, tzinfo=UTC).timestamp()
    [finding] = check.run(facts)
    assert (finding.severity, finding.what) == (Severity.WARNING, "gets no more security fixes")


@pytest.mark.parametrize(
    ("left", "size", "severity"),
    [
        (10**12, 10**13, Severity.OK),
        (LITTLE - 1, 10**13, Severity.WARNING),
        (NOTHING - 1, 10**13, Severity.ERROR),
        (50 * 10**6, 100 * 10**6, Severity.OK),
        (4 * 10**6, 100 * 10**6, Severity.WARNING),
        (0, 100 * 10**6, Severity.ERROR),
        (0, 0, Severity.OK),
    ],
)
def test_room(left: int, size: int, severity: Severity) -> None:
    """Little is never more than a part of a small file system; some count no inodes."""
    assert Room(left, size).severity(LITTLE, NOTHING) is severity


def test_the_mount_of_a_path() -> None:
    assert mount_of(Path("/proc/self")).point == "/proc"
    assert mount_of(Path("/no/such/folder")).point == "/"
    assert "rw" in mount_of(Path("/proc")).system_options


@pytest.mark.needs("openssl")
def test_when_certificates_end(tmp_path: Path) -> None:
    """Before 2050 and after it, which are written in two ways (RFC 5280, 4.1.2.5)."""
    text = b""
    for days in (30, 20_000):
        words = f"req -x509 -newkey ed25519 -nodes -subj /CN=shop -keyout {tmp_path}/key -days {days}"
        text += subprocess.run(["openssl", *words.split()], check=True, capture_output=True).stdout
    now = datetime.now(UTC)
    ends = list(ends_of(text))
    assert [round((end - now) / timedelta(days=1)) for end in ends] == [30, 20_000]
    path = tmp_path / "shop.pem"
    path.write_bytes(text)
    [first] = files_of({"sslcert": path})
    [last] = files_of({"ssl": {"ca": str(path)}})
    assert (first["ends"], last["ends"]) == (ends[0].timestamp(), ends[1].timestamp())


@pytest.mark.parametrize("content", ["MA==", "MIIB", "AAAA", "!!", "MAMCAQE="])
def test_what_is_no_certificate(content: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.pem"
    path.write_text(f"-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n")
    [file] = files_of({"sslrootcert": str(path)})
    assert file["problem"].startswith("holds no certificate that can be read")
    assert files_of({"sslrootcert": "system", "sslmode": "verify-full", "ssl": True}) == []
    [gone] = files_of({"sslcert": tmp_path / "gone"})
    assert gone["problem"] == "no such file or directory"
