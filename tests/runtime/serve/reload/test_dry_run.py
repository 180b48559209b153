"""A dry run, and the reload that depends on what it shows."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from django_pyz_runtime.serve.reload.handover import Handover, Invocation
from django_pyz_runtime.serve.reload.notify import Notifier
from django_pyz_runtime.serve.reload.reload import GOOD, PROOF, DryRun, Reload, Verdict


def _verdict(code: str, limit_seconds: float = 60) -> Verdict:
    dry_run = DryRun([sys.executable, "-c", code], dict(os.environ), "/", limit_seconds)
    deadline = time.monotonic() + 60
    while (verdict := dry_run.verdict()).is_pending:
        assert time.monotonic() < deadline
        os.sched_yield()
    return verdict


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (f"print('shop: {PROOF}')", GOOD),
        ("", Verdict(refusal="it exited without a message (killed?)")),
        ("raise SystemExit('wrong')", Verdict(refusal="wrong")),
        (f"print('{PROOF}, not'); raise SystemExit('wrong')", Verdict(refusal="wrong")),
    ],
)
def test_only_the_proof_is_a_good_verdict(code: str, verdict: Verdict) -> None:
    found = _verdict(code)
    assert (found, found.is_good) == (verdict, verdict is GOOD)


def test_a_dry_run_that_does_not_end_is_given_up() -> None:
    assert _verdict("import time; time.sleep(600)", 0.2).refusal.startswith("it was not ready after 0 s")


def _followed(executable: Path, take_over: Callable[[], None]) -> str:
    """Ask for a reload to a shell script, and go on with it until it is refused or has taken over."""
    taken: list[bool] = []
    reload = Reload(Invocation(executable, (), dict(os.environ), "/"), lambda: Handover(os.getpid()), Notifier(""))
    refusal = reload.follow(lambda: taken.append(True), is_wanted=True)
    deadline = time.monotonic() + 60
    while not refusal and not taken:
        assert time.monotonic() < deadline
        os.sched_yield()
        refusal = reload.follow(lambda: taken.append(True))
    if taken:
        refusal = reload.follow(take_over)
    return refusal


def _script(folder: Path, line: str) -> Path:
    path = folder / "shop"
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return path


def test_what_is_proven_may_take_over_again_and_again_until_it_is_another_file(tmp_path: Path) -> None:
    calls: list[bool] = []
    assert _followed(_script(tmp_path, f"echo 'shop: {PROOF}'"), lambda: calls.append(True)) == ""
    assert calls == [True]


def test_a_reload_is_refused_with_what_the_dry_run_says(tmp_path: Path) -> None:
    assert _followed(_script(tmp_path, "echo 'the database is away' >&2; exit 2"), _never) == "the database is away"


def test_a_reload_is_refused_where_the_system_cannot_start_or_replace_the_file(tmp_path: Path) -> None:
    script = _script(tmp_path, "")
    script.write_bytes(b"\x7fELF")
    assert _followed(script, _never) == f"[Errno 8] Exec format error: '{script}'"

    def fails() -> None:
        raise OSError("the listening sockets have been closed: restart the service")

    refusal = _followed(_script(tmp_path, f"echo 'shop: {PROOF}'"), fails)
    assert refusal == "the listening sockets have been closed: restart the service"


def _never() -> None:
    raise AssertionError("took over")
