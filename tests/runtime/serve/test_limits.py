"""What clients must keep to, and which workers see to it."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gunicorn.config import Config

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER, Manifest
from django_pyz_runtime.serve.limits import Limits, limits_of, within
from django_pyz_runtime.serve.requests.asgi_worker import AsgiWorker
from django_pyz_runtime.serve.requests.refusals import is_plain_http1
from django_pyz_runtime.serve.requests.sync_worker import SyncWorker
from django_pyz_runtime.serve.requests.thread_worker import ThreadWorker
from django_pyz_runtime.serve.settings.gunicorn_settings import gunicorn_settings
from tests.runtime.conftest import Load


def test_the_limits_are_those_of_the_configuration(load: Load) -> None:
    assert limits_of(load("")) == Limits(20, 30, 2**30, files_bytes=2**32)
    text = "[serve]\nhead_timeout = 5s\nbody_timeout = 2m\nbody_limit = 10k\nanswer_timeout = 1m\nbody_total = 1m\n"
    assert limits_of(load(text)) == Limits(5, 120, 10240, 60, 2**20)


def test_limits_can_be_off(load: Load) -> None:
    text = "[serve]\nhead_timeout = 0\nbody_timeout = 0\nbody_limit = off\nanswer_timeout = 0\nbody_total = off\n"
    assert limits_of(load(text)) == Limits(math.inf, math.inf, None, math.inf)


def test_there_is_room_for_at_least_one_body(load: Load) -> None:
    assert limits_of(load("[serve]\nbody_limit = 2m\nbody_total = 1m\n")).files_bytes == 2 * 2**20


@pytest.fixture
def worker_of(load: Load, manifest: Manifest, tmp_path: Path) -> Callable[[str], Any]:
    """The worker class for the text of a configuration."""
    bundle = Bundle(tmp_path / "x", tmp_path / "site-packages", "b", manifest)
    return lambda text: gunicorn_settings(bundle, load(text))["worker_class"]


@pytest.mark.parametrize(
    "said",
    ["", "gthread", "sync", "gunicorn.workers.gthread.ThreadWorker", "gunicorn.workers.sync.SyncWorker"],
)
def test_wherever_gunicorn_would_use_threads_ours_does(said: str, worker_of: Callable[[str], Any]) -> None:
    more = f"[gunicorn]\nworker_class = {said}\n" if said else ""
    assert worker_of(f"[serve]\ninterface = wsgi\n{more}") is ThreadWorker


@pytest.mark.parametrize("said", ["", "asgi", "gunicorn.workers.gasgi.ASGIWorker"])
def test_wherever_gunicorn_would_use_its_asgi_worker_ours_does(said: str, worker_of: Callable[[str], Any]) -> None:
    more = f"[gunicorn]\nworker_class = {said}\n" if said else ""
    assert worker_of(f"[serve]\ninterface = asgi\n{more}") is AsgiWorker


def test_a_worker_of_one_thread_that_is_asked_for_is_one(worker_of: Callable[[str], Any]) -> None:
    assert worker_of("[serve]\ninterface = wsgi\nthreads = 1\n[gunicorn]\nworker_class = sync\n") is SyncWorker


def test_a_class_that_a_project_gives_itself_is_replaced_likewise(
    tmp_path: Path, worker_of: Callable[[str], Any]
) -> None:
    file = tmp_path / PROJECT_FOLDER / "gunicorn.conf.py"
    file.parent.mkdir()
    file.write_text("from gunicorn.workers.gthread import ThreadWorker\ndef worker_class():\n    return ThreadWorker\n")
    assert worker_of("") is ThreadWorker
    file.write_text(
        "from gunicorn.workers.gthread import ThreadWorker\nclass Own(ThreadWorker):\n    pass\nworker_class = Own\n"
    )
    assert worker_of("").__name__ == "Own"


def test_fields_that_gunicorn_is_told_to_let_through_fit_into_the_head() -> None:
    assert within(Limits(), 100_000).head_bytes == 200_000
    assert within(Limits(), Config().limit_request_field_size).head_bytes == 65536


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("proxy_protocol", True),
        ("protocol", "uwsgi"),
        ("permit_obsolete_folding", True),
        ("strip_header_spaces", True),
        ("certfile", "/x"),
    ],
)
def test_what_gunicorn_is_told_to_read_in_its_own_way_is_left_to_it(name: str, value: object) -> None:
    config = Config()
    assert is_plain_http1(config)
    config.set(name, value)
    assert not is_plain_http1(config)
