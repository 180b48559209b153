"""The threaded worker, in parts."""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Iterator

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn

from django_pyz_runtime.serve.requests.thread_worker import ThreadWorker


@pytest.fixture
def worker() -> Iterator[ThreadWorker]:
    """A worker whose loop does not run."""
    config = Config()
    made = ThreadWorker(1, os.getpid(), [], None, 30, config, Logger(config))
    made.poller = selectors.DefaultSelector()
    yield made
    made.poller.close()
    made.tmp.close()


def test_who_has_just_connected_may_still_send_a_request_when_the_worker_is_told_to_end(worker: ThreadWorker) -> None:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    with ours, theirs:
        worker.nr_conns = 1
        worker.enqueue_req(TConn(worker.cfg, ours, "", ""))
        worker.alive = False
        worker.murder_keepalived()
        with pytest.raises(BlockingIOError):
            theirs.recv(1)
        theirs.close()
        worker.wait_for_and_dispatch_events(0)
        assert worker.nr_conns == 0
