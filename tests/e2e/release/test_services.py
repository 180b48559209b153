"""Services: Celery's worker and beat, and huey's consumer, each from the file, with a real Redis."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.corpus.cases import Case, make_machine
from tests.e2e.corpus.sources import Source
from tests.e2e.harness import Machine, wait_for_line
from tests.e2e.redis_server import redis_server
from tests.waiting import wait_until

READY = r"celery@\S+ ready"
START = "from shop.tasks import hold; print(hold.delay({begun!r}, {gate!r}).id)"
RESULT = "from celery.result import AsyncResult; print(AsyncResult({task!r}).get(timeout=60))"


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis that keeps nothing."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def shop(workers: tuple[Path, Path], redis: str, tmp_path: Path) -> Machine:
    """A machine with the first release, whose Redis is empty."""
    shutil.copy(workers[0], tmp_path / "release")
    machine = make_machine(Case(Source("workers", "tree", "tests/projects/workers")), tmp_path)
    machine.configure(f"[env]\nREDIS_URL = {redis}\nRQ_REDIS_URL = {redis}\nTICK = {tmp_path}/tick\n")
    machine.succeed("pyz", "exec", "python", "-c", f"import redis; redis.Redis.from_url({redis!r}).flushall()")
    return machine


def ask(machine: Machine, code: str) -> str:
    return machine.succeed("shell", "-v", "0", "-c", code).strip()


def status(machine: Machine) -> str:
    return machine.run("pyz", "status").stdout


def begin_task(machine: Machine, folder: Path) -> str:
    """Start a task that goes on until somebody writes to the gate, and wait until it runs."""
    os.mkfifo(folder / "gate")
    task = ask(machine, START.format(begun=str(folder / "begun"), gate=str(folder / "gate")))
    wait_until((folder / "begun").exists, "the task runs")
    return task


@pytest.mark.needs("redis-server")
def test_a_worker_is_listed_and_ends_its_task_in_the_old_code_when_the_file_is_replaced(
    shop: Machine, workers: tuple[Path, Path], tmp_path: Path
) -> None:
    with shop.started("pyz", "service", "worker") as worker:
        wait_for_line(worker, READY)
        build_id = shop.succeed("pyz", "info")
        [line] = re.findall(r"^worker .*$", status(shop), re.MULTILINE)
        assert f"pid {worker.process.pid} " in line
        assert any(build in build_id for build in re.findall(r"\b[0-9a-f]{12}\b", line)), line
        assert "OLD CODE" not in line
        task = begin_task(shop, tmp_path)

        shutil.copy(workers[1], tmp_path / "next")
        (tmp_path / "next").rename(shop.executable)
        said = status(shop)
        assert re.search(r"^worker .* OLD CODE$", said, re.MULTILINE), said
        assert f"worker, process {worker.process.pid}, runs " in said
        assert f"restart process {worker.process.pid}\n" in said

        worker.process.send_signal(signal.SIGTERM)
        wait_for_line(worker, "Warm shutdown")
        later = ask(shop, START.format(begun=f"{tmp_path}/later", gate=str(tmp_path / "gate")))
        assert worker.process.poll() is None
        (tmp_path / "gate").write_text("done")
        assert worker.stop() == 0, worker.said
    assert ask(shop, RESULT.format(task=task)) == "done in the first"
    assert not (tmp_path / "later").exists()
    with shop.started("pyz", "service", "worker") as worker:
        wait_until((tmp_path / "later").exists, "the task runs")
        assert "OLD CODE" not in status(shop)
        (tmp_path / "gate").write_text("done")
        assert ask(shop, RESULT.format(task=later)) == "done in the second"
        assert worker.stop() == 0, worker.said
    assert not list((shop.folder / "run").glob("*.json"))


@pytest.mark.needs("redis-server")
@pytest.mark.long
def test_an_rq_worker_ends_its_job_in_the_old_code(
    shop: Machine, workers: tuple[Path, Path], redis: str, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "gate")
    with shop.started("pyz", "service", "rq") as worker:
        wait_for_line(worker, "Listening on jobs")
        for name in ("now", "later"):
            job = f"'shop.jobs.hold', '{tmp_path}/{name}', '{tmp_path}/gate'"
            queue = f"from redis import Redis; from rq import Queue; q = Queue('jobs', Redis.from_url('{redis}'))"
            shop.succeed("pyz", "exec", "python", "-c", f"{queue}; q.enqueue({job})")
        wait_until((tmp_path / "now").exists, "the job runs")
        shutil.copy(workers[1], tmp_path / "next")
        (tmp_path / "next").rename(shop.executable)
        assert re.search(r"^rq .* OLD CODE$", status(shop), re.MULTILINE)
        worker.process.send_signal(signal.SIGTERM)
        wait_for_line(worker, "(?i)warm shut ?down")
        (tmp_path / "gate").write_text("done")
        assert worker.stop() == 0, worker.said
    assert (tmp_path / "now").read_text() == "done in the first"
    assert not (tmp_path / "later").exists()
    with shop.started("pyz", "service", "rq") as worker:
        wait_until((tmp_path / "later").exists, "the next job runs")
        (tmp_path / "gate").write_text("done")
        wait_until(lambda: (tmp_path / "later").read_text() == "done in the second", "its end")
        assert worker.stop() == 0, worker.said


@pytest.mark.needs("redis-server")
def test_beat_keeps_its_schedule_with_the_data_and_starts_tasks(shop: Machine, tmp_path: Path) -> None:
    with shop.started("pyz", "service", "beat"), shop.started("pyz", "service", "worker"):
        wait_until((tmp_path / "tick").exists, "a task was started")
        assert re.findall(r"^(\w+) ", status(shop), re.MULTILINE)[1:3] == ["beat", "worker"]
    assert {path.name.partition(".")[0] for path in (shop.data / "services").iterdir()} == {"celerybeat-schedule"}


@pytest.mark.needs("redis-server")
def test_a_management_command_is_a_service_too(shop: Machine) -> None:
    with shop.started("pyz", "service", "huey") as consumer:
        wait_for_line(consumer, "Huey consumer started")
        assert re.search(r"^huey .*1 process", status(shop), re.MULTILINE)
        assert consumer.stop(signal.SIGINT) == 0


def test_a_program_in_the_place_of_python_is_listed_as_well(shop: Machine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    command = f'services.reader=python -c \'print("reads", flush=True); open("{tmp_path}/gate").read()\''
    with shop.started("--set", command, "pyz", "service", "reader") as reader:
        wait_for_line(reader, "reads")
        assert re.search(rf"^reader .*pid {reader.process.pid} ", status(shop), re.MULTILINE)
        (tmp_path / "gate").write_text("")
        assert reader.stop() in (0, -signal.SIGTERM)
    assert "reader" not in status(shop)


def test_units_are_written_for_those_of_the_project_and_of_the_configuration(shop: Machine, tmp_path: Path) -> None:
    shop.configure(
        "[services]\nhuey =\nmail = manage.py sendtestemail a@example.org\n[timers]\npyz backup = Mon 06:00\n"
    )
    shop.succeed("pyz", "files", str(tmp_path / "review"))
    units = {path.name: path.read_text() for path in (tmp_path / "review" / "systemd").iterdir()}
    stale = "workers-remove_stale_contenttypes-no-input"
    timers = {f"{stem}.{kind}" for stem in (stale, "workers-pyz-backup") for kind in ("service", "timer")}
    expected = {*timers, *(f"workers-{name}.service" for name in ("worker", "beat", "rq", "mail"))}
    assert units.keys() == {"workers.service", "workers.socket", "workers.target", *expected}
    script = "/usr/bin/workers"
    assert (
        f"\nExecStart={script} pyz service mail\nKillMode=mixed\nTimeoutStopSec=600\n" in units["workers-mail.service"]
    )
    assert f"\nExecStart={script} remove_stale_contenttypes --no-input\n" in units[f"{stale}.service"]
    assert "\nOnCalendar=daily\n" in units[f"{stale}.timer"]
    assert "\nOnCalendar=Mon 06:00\n" in units["workers-pyz-backup.timer"]
    for name in ("workers-mail.service", "workers-pyz-backup.timer"):
        assert "\nPartOf=workers.target\n" in units[name]
        assert "\nWantedBy=workers.target\n" in units[name]


MISSING = """\
workers: {file}:2: [services] worker: wanted a program of the bundle or a management command, found 'selery', did you \
mean celery?
workers: {file}:4: [timers] remove_stale_contenttype --all: wanted a management command, found \
'remove_stale_contenttype', did you mean remove_stale_contenttypes?
"""


@pytest.mark.parametrize("verb", [("config", "check"), ("files", "review")])
def test_what_the_bundle_does_not_have_is_refused(shop: Machine, verb: tuple[str, ...]) -> None:
    shop.executable = shop.executable.rename(shop.folder / "workers")
    file = shop.configure("[services]\nworker = selery worker\n[timers]\nremove_stale_contenttype --all = daily\n")
    done = shop.run("pyz", *verb)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", MISSING.format(file=file))
    assert not list(shop.elsewhere.iterdir())


def test_a_service_must_be_known(shop: Machine) -> None:
    done = shop.run("pyz", "service", "workr")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no service 'workr'" in done.stderr
    assert "Did you mean worker?" in done.stderr
    assert "There are beat, huey, rq, worker." in shop.run("pyz", "service", "x").stderr
