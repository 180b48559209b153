"""Projects that no one here wrote, and trees with one oddity each, all work: build, use, and the next release."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.documents import DOCS
from tests.e2e.corpus.cases import Case, read_corpus
from tests.e2e.corpus.try_out import AT_ONCE, HEADER, Outcome, try_out

CASES = read_corpus()
UPGRADED = {"flat", "installable", "writes-key", "beside-code", "django-ca"}
"""Without --long the next release of these is tried only; of others that have one, it is one more of a kind."""
Outcomes = dict[str, Future[Outcome]]


@pytest.fixture(scope="module")
def outcomes(checkout: Path, request: pytest.FixtureRequest) -> Iterator[Outcomes]:
    """The outcomes to come of all projects that are asked for; several are tried side by side."""
    chosen = {
        name: case if request.config.getoption("--long") or name in UPGRADED else _without_upgrade(case)
        for name, case in CASES.items()
        if not case.lacks and any(f"[{name}]" in item.name for item in request.session.items)
    }
    pool = ThreadPoolExecutor(AT_ONCE)
    yield {name: pool.submit(try_out, case, checkout) for name, case in chosen.items()}
    pool.shutdown(cancel_futures=True)


def _without_upgrade(case: Case) -> Case:
    return replace(case, without=(*case.without, "upgrade"))


def _marks(case: Case) -> list[pytest.MarkDecorator]:
    """What a project needs of the machine that it is tried on, and whether it is tried each time."""
    wanted = f"needs Python {case.source.python} or newer"
    marks = [pytest.mark.needs(*case.needs), pytest.mark.skipif(not case.source.is_possible, reason=wanted)]
    return [*marks, *([pytest.mark.long] if case.long else [])]


@pytest.mark.parametrize("name", [pytest.param(name, marks=_marks(case)) for name, case in CASES.items()])
def test_it_works_and_so_does_its_next_release(name: str, outcomes: Outcomes) -> None:
    outcome = outcomes[name].result()
    assert outcome.errors == {}, "\n".join(f"{step}: {error}" for step, error in outcome.errors.items())


def test_the_proving_ground_has_a_row_for_each_in_order_and_no_failure() -> None:
    text = (DOCS / "explanation" / "proving-ground.md").read_text(encoding="utf-8")
    head, _, *rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\|.*\|$", text, re.M)
    ]
    assert head == list(HEADER)
    assert [row[0] for row in rows] == list(CASES)
    assert {verdict for row in rows for verdict in row[4:]} == {"ok", "-"}
