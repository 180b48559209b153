"""What an error tracker makes of the frames of a traceback, without a word in its configuration."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.corpus.cases import Case, build, make_machine
from tests.e2e.corpus.sources import Source


def test_frames_of_the_project_are_the_project_s(checkout: Path, tmp_path: Path) -> None:
    """As Sentry's SDK has them in the event that it would send: it takes what lies in site-packages for a library's."""
    case = Case(Source("error-tracker-in-app", "tree", "tests/projects/error-tracker-in-app"))
    build(case, checkout, case.source.make(tmp_path), tmp_path / "release")
    machine = make_machine(case, tmp_path)
    machine.succeed("migrate", "--verbosity", "0")
    events = tmp_path / "events.jsonl"
    with machine.serving("--workers", "1", EVENTS=str(events)) as server:
        assert server.get("/").status == 500
    [event] = map(json.loads, events.read_text().splitlines())
    frames = event["exception"]["values"][0]["stacktrace"]["frames"]
    found = [(frame["module"], frame["function"], frame["in_app"]) for frame in frames]
    assert found[-2:] == [("shop.urls", "broken", True), ("shop.urls", "total", True)]
    assert {(module.partition(".")[0], in_app) for module, _, in_app in found[:-2]} == {("django", False)}
