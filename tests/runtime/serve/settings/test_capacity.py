"""How many CPUs this process may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from django_pyz_runtime.serve.settings.gunicorn_settings import usable_cpus, worker_count
from tests.runtime.conftest import Python

CPUS = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("cpu_max", "expected"),
    [
        ("max 100000", CPUS),
        ("100000 100000", 1),
        ("50000 100000", 1),
        ("150000 100000", min(2, CPUS)),
        ("99999999 100000", CPUS),
        ("100000 0", CPUS),
        ("damaged", CPUS),
        ("", CPUS),
    ],
)
def test_a_quota_of_cgroup_2_is_rounded_up_within_the_cpus(cpu_max: str, expected: int, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(cpu_max + "\n", encoding="ascii")
    assert usable_cpus(tmp_path) == expected


@pytest.mark.parametrize(("quota", "expected"), [("-1", CPUS), ("100000", 1)])
def test_a_quota_of_cgroup_1_counts(quota: str, expected: int, tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text(quota, encoding="ascii")
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000", encoding="ascii")
    assert usable_cpus(tmp_path) == expected


def test_without_cgroups_the_cpus_of_the_process_count(tmp_path: Path) -> None:
    assert usable_cpus(tmp_path) == CPUS
    assert worker_count(tmp_path) == CPUS + 1


def test_a_process_bound_to_one_cpu_has_one(python: Python) -> None:
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from pathlib import Path; from django_pyz_runtime.serve.settings.gunicorn_settings import usable_cpus\n"
        "print(usable_cpus(Path('nowhere')))"
    )
    assert python(code) == "1\n"
