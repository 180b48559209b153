"""The sample, served: by gunicorn in the virtual environment, with and without WhiteNoise, and by our file."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.candidates import MANAGE, OURS, VENV, Candidates
from benchmarks.commands import failure, succeed
from benchmarks.errors import BenchmarkError
from benchmarks.homes import Homes
from benchmarks.notices import Notices
from benchmarks.server_settings import GUNICORN, SETTINGS_INI, SETTINGS_PY, WHITENOISE_PY, WORKERS

VENV_WHITENOISE = "venv, WhiteNoise"
_DEADLINE_SECONDS = 60.0


@dataclass(frozen=True)
class Setup:
    """A server that can be started.

    Attributes:
        name: of the candidate.
        command: starts it.
        environment: the variables of its process.
        port: to listen on.
        log: the file for its output.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    port: int
    log: Path


@dataclass(frozen=True)
class Running:
    """A server that has been started.

    Attributes:
        setup: its setup.
        process: its master.
        notices: its messages to the service manager, after it was ready.
        ready_ms: the time until it sent READY=1 to its NOTIFY_SOCKET (sd_notify(3)).
        started: the time.perf_counter() value at its start.
    """

    setup: Setup
    process: subprocess.Popen[bytes]
    notices: Notices
    ready_ms: float
    started: float

    @property
    def master(self) -> int:
        """The process id of its master."""
        return self.process.pid

    def has_ended(self) -> bool:
        """Whether its master has."""
        return self.process.poll() is not None

    def workers(self) -> list[int]:
        """The process ids of its workers.

        Raises:
            BenchmarkError: their number is wrong.
        """
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text(encoding="ascii")
        found = [int(pid) for pid in children.split()]
        if len(found) != WORKERS:
            raise BenchmarkError(f"{self.setup.name}: wanted {WORKERS} workers, found {len(found)}")
        return found


def prepare(candidates: Candidates, homes: Homes, folder: Path) -> list[Setup]:
    """Configure the servers, and migrate their databases. The base comes first: it serves static files, as ours does.

    Args:
        candidates: of the sample.
        homes: for their files.
        folder: an empty one for their configuration.
    """
    ports = free_ports(3)
    setups = [
        _venv_setup(VENV_WHITENOISE, "whitenoise_settings", candidates, dict(homes.new()), ports[1], folder),
        _venv_setup(VENV, "plain_settings", candidates, dict(homes.new()), ports[0], folder),
        _our_setup(candidates, dict(homes.new()), ports[2], folder),
    ]
    manage = [str(candidates.project.python), str(candidates.project.source / "manage.py")]
    environment = {
        **setups[0].environment,
        "DJANGO_SETTINGS_MODULE": "whitenoise_settings",
        "PYTHONPATH": str(folder),
    }
    for command in (["migrate"], ["collectstatic", "--noinput"]):
        succeed([*manage, *command], environment)
    *ours, _ = setups[2].command
    succeed([*ours, "migrate"], setups[2].environment)
    return setups


def _venv_setup(
    name: str, settings: str, candidates: Candidates, environment: dict[str, str], port: int, folder: Path
) -> Setup:
    text = SETTINGS_PY if name == VENV else WHITENOISE_PY
    (folder / f"{settings}.py").write_text(text.format(folder=folder), encoding="utf-8")
    configuration = folder / f"{settings}.conf.py"
    values = GUNICORN.format(port=port, source=candidates.project.source, folder=folder, settings=settings)
    configuration.write_text(values, encoding="utf-8")
    gunicorn = candidates.project.environment / "bin" / "gunicorn"
    command = (str(gunicorn), "--config", str(configuration), "myproj.wsgi")
    return Setup(name, command, environment, port, folder / f"{settings}.log")


def _our_setup(candidates: Candidates, environment: dict[str, str], port: int, folder: Path) -> Setup:
    configuration = folder / "settings.ini"
    configuration.write_text(SETTINGS_INI.format(port=port), encoding="utf-8")
    configuration.chmod(0o600)
    command = (str(candidates.file(OURS, MANAGE)), "--config", str(configuration), "runserve")
    return Setup(OURS, command, environment, port, folder / "ours.log")


def free_ports(count: int) -> list[int]:
    """Different unused ports."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


@contextlib.contextmanager
def running(setup: Setup) -> Iterator[Running]:
    """Start a server, wait until it is ready, and stop it at the end of the block.

    Raises:
        BenchmarkError: it ended, or was not ready in time.
    """
    with tempfile.TemporaryDirectory() as folder, Notices(folder) as notices:
        environment = {**setup.environment, "NOTIFY_SOCKET": notices.address}
        with setup.log.open("w") as log:
            start = time.perf_counter()
            process = subprocess.Popen(
                setup.command, cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            ready = _wait_until_ready(process, notices, setup)
            yield Running(setup, process, notices, (ready - start) * 1000, start)
        finally:
            _stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], notices: Notices, setup: Setup) -> float:
    ready = notices.wait_for("READY=1", _DEADLINE_SECONDS, lambda: process.poll() is not None)
    if ready is not None:
        return ready
    said = setup.log.read_text(encoding="utf-8")
    if process.returncode is not None:
        raise failure(setup.command, process.returncode, said)
    raise BenchmarkError(f"{setup.name}: not ready after {_DEADLINE_SECONDS:.0f} s\n{said}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_DEADLINE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
