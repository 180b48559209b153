"""What a soak makes of what it sees."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.soak.outcome import Course, Outcome, course
from benchmarks.soak.processes import Process, Sample, descendants, living_children, process_table, sample
from benchmarks.soak.releases import Program
from benchmarks.soak.report import markdown
from benchmarks.soak.traffic import Answer
from benchmarks.soak.upgrades import Upgrade

WELL = Upgrade(start=60.0, ready=61.5, end=64.0)


def seen(moment: float, master: float = 1000.0) -> Sample:
    return Sample(moment, master, 700.0, 2000.0, 800.0, 10, 20.5, 3, 0)


def test_a_slope_is_that_of_the_best_line_a_minute() -> None:
    found = course([seen(0, 1000), seen(60, 1040), seen(120, 1020)], lambda sample: sample.master_kilobytes)

    assert found == Course(1000, 1020, 1000, 1040, slope=10)


def test_a_single_sample_has_no_slope() -> None:
    assert course([seen(0, 1000)], lambda sample: sample.master_kilobytes).slope == 0


@pytest.mark.parametrize(
    ("start", "end", "is_at_upgrade"),
    [
        (59.0, 59.9, False),
        (59.0, 60.1, True),
        (61.0, 62.0, True),
        (63.9, 70.0, True),
        (50.0, 70.0, True),
        (64.1, 65.0, False),
    ],
)
def test_a_wait_is_one_at_an_upgrade_where_one_came_upon_it(start: float, end: float, is_at_upgrade: bool) -> None:
    outcome = Outcome([Answer(start, end)], [WELL], [])

    assert outcome.waits(at_upgrade=is_at_upgrade) == [end - start]
    assert outcome.waits(at_upgrade=not is_at_upgrade) == []


def test_what_a_slow_request_takes_by_itself_is_no_wait() -> None:
    assert Answer(1, 7.5, own_seconds=5).wait_seconds == 1.5
    assert Answer(1, 5.9, own_seconds=5).wait_seconds == 0


def test_samples_of_a_server_that_still_warms_up_do_not_count() -> None:
    samples = [seen(2, 500), seen(58, 900), seen(65), seen(67)]

    assert Outcome([], [WELL], samples).settled() == samples[2:]
    assert Outcome([], [], samples).settled() == samples


def test_the_report_has_a_line_for_each_figure() -> None:
    answers = [Answer(1, 1.05), Answer(3, 3.1), Answer(60, 61.234)]
    outcome = Outcome(answers, [WELL], [seen(65, 1000), seen(125, 1000.5)], "a log that nobody needs")

    assert markdown(outcome, ["a machine"]).splitlines() == [
        "- a machine",
        "",
        "| Figure | Value |",
        "| --- | ---: |",
        "| requests | 3 |",
        "| of them failed | 0 |",
        "| upgrades | 1 |",
        "| of them failed | 0 |",
        "| from the signal to READY, median | 1.5 s |",
        "| from the signal to READY, longest | 1.5 s |",
        "",
        "| Wait | Median | 99 of 100 | Longest |",
        "| --- | ---: | ---: | ---: |",
        "| at an upgrade | 1,234 ms | 1,234 ms | 1,234 ms |",
        "| otherwise | 100 ms | 100 ms | 100 ms |",
        "",
        "| Between upgrades | First | Last | Least | Most | Slope, a minute |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        "| memory (PSS) of the master | 1,000 KB | 1,000 KB | 1,000 KB | 1,000 KB | +0.50 KB |",
        "| of that not from files | 700 KB | 700 KB | 700 KB | 700 KB | +0.00 KB |",
        "| memory (PSS) of a worker | 2,000 KB | 2,000 KB | 2,000 KB | 2,000 KB | +0.00 KB |",
        "| of that not from files | 800 KB | 800 KB | 800 KB | 800 KB | +0.00 KB |",
        "| open descriptors of the master | 10 | 10 | 10 | 10 | +0.00 |",
        "| open descriptors of a worker | 20.5 | 20.5 | 20.5 | 20.5 | +0.00 |",
        "| processes | 3 | 3 | 3 | 3 | +0.00 |",
        "| zombies | 0 | 0 | 0 | 0 | +0.00 |",
    ]


def test_the_report_tells_the_first_failures_and_the_end_of_the_log() -> None:
    answers = [Answer(number, number, f"request {number} failed") for number in range(9)]
    failed = Upgrade(60, 60, 61, "the server did not say READY=1")
    log = "".join(f"line {number}\n" for number in range(100))
    outcome = Outcome(answers, [failed], [], log)

    text = markdown(outcome, [])

    assert len(outcome.problems) == 10
    assert "**10 failed.**" in text
    assert "request 4 failed\n```" in text
    assert "request 5 failed" not in text
    assert "line 99\n```\n" in text
    assert "line 0\n" not in text
    assert "READY, median" not in text


def test_all_below_a_process_are_found_and_those_that_have_ended_are_no_workers() -> None:
    table = {1: Process(0, "S"), 7: Process(1, "S"), 8: Process(7, "R"), 9: Process(7, "Z"), 10: Process(8, "S")}

    assert descendants(table, 7) == {8, 9, 10}
    assert living_children(table, 7) == [8]


def test_a_server_is_looked_at_with_its_workers() -> None:
    # A child that has ended is there as long as nobody asks for its exit code.
    code = (
        "import os, signal, subprocess, sys\n"
        "subprocess.Popen(['sleep', '60'])\n"
        "gone = os.fork() or os._exit(0)\n"
        "os.waitid(os.P_PID, gone, os.WEXITED | os.WNOWAIT)\n"
        "more = open(os.devnull)\n"
        "print(flush=True)\n"
        "signal.pause()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True) as master:
        try:
            assert master.stdout is not None
            master.stdout.readline()
            found = sample(master.pid)
        finally:
            os.killpg(master.pid, signal.SIGKILL)

    assert (found.processes, found.zombies) == (3, 1)
    assert found.descriptors == found.worker_descriptors + 1
    assert 0 < found.worker_own_kilobytes < found.worker_kilobytes < found.master_kilobytes < 100_000
    assert found.worker_own_kilobytes < found.master_own_kilobytes < found.master_kilobytes
    assert found.moment <= time.perf_counter()


def test_a_server_without_workers_is_an_error() -> None:
    with subprocess.Popen(["sleep", "60"]) as master:
        try:
            with pytest.raises(BenchmarkError, match=f"process {master.pid}"):
                sample(master.pid)
        finally:
            master.kill()


def test_a_process_s_name_may_look_like_its_state(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_text("7 (a) Z 1 (b) S 3 7 7")
    (tmp_path / "8").mkdir()

    assert process_table(tmp_path) == {7: Process(3, "S")}


def test_releases_take_each_other_s_place_by_a_rename(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
        (tmp_path / name).chmod(0o755)
    program = Program(tmp_path / "program", {name: tmp_path / name for name in ("one", "two")})
    first = program.path.open()

    names = [program.put_next() for _ in range(3)]

    assert names == ["two", "one", "two"]
    assert program.path.read_text() == "two"
    assert program.path.stat().st_mode & 0o777 == 0o755
    assert first.read() == "one"
    assert sorted(os.listdir(tmp_path)) == ["one", "program", "two"]
    first.close()
