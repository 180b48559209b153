"""The proving ground: projects that know nothing of us, each built, used and replaced by its next release.

`python -m tests.e2e.corpus.try_out [NAME ...]`, with src on PYTHONPATH, prints a table of the projects in corpus.toml.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import CHECKOUT
from tests.e2e.corpus.cases import Case, build, make_machine, read_corpus
from tests.e2e.corpus.login import MAKE_USER, PASSWORD
from tests.e2e.corpus.sources import run, scratch_folder
from tests.e2e.harness import Machine, Server

STEPS = ("build", "check", "migrate", "collectstatic", "serve", "urls", "upgrade")
HEADER = ("project", "files", "size", "build seconds", *STEPS)
AT_ONCE = 2
"""How many projects are tried side by side; a build keeps one core busy."""
_SHOWN_BYTES = 500
_LINKED = re.compile(r'(?:href|src)="(/[^"/][^"]*\.(?:css|js)(?:\?[^"]*)?)"')


@dataclass
class Outcome:
    """How a project fared.

    Attributes:
        name: the project.
        verdicts: of each step: ok, failed, or - where it was not tried or means nothing.
        errors: of the failed steps.
        files: in the unpacked tree.
        size_bytes: of the file.
        build_seconds: of the first build.
        seconds: of everything.
    """

    name: str
    verdicts: dict[str, str] = field(default_factory=lambda: dict.fromkeys(STEPS, "-"))
    errors: dict[str, str] = field(default_factory=dict)
    files: str = ""
    size_bytes: int = 0
    build_seconds: float = 0
    seconds: float = 0

    def attempt(self, step: str, action: Callable[[], object]) -> bool:
        """Do a step and note how it went."""
        try:
            action()
            self.verdicts[step] = "ok"
        except Exception as error:
            self.verdicts[step] = "failed"
            self.errors[step] = str(error) or repr(error)
        return step not in self.errors

    def row(self) -> str:
        """A line of the table."""
        facts = [self.name, self.files, f"{self.size_bytes / 1e6:.1f} MB", f"{self.build_seconds:.0f}"]
        return "| " + " | ".join([*facts, *self.verdicts.values()]) + " |"


def try_out(case: Case, checkout: Path) -> Outcome:
    """Build a project, use it, replace it by its next release and find its data again.

    Args:
        case: the project.
        checkout: whose build_pyz.py is used.
    """
    outcome = Outcome(case.name)
    start = time.monotonic()
    with scratch_folder() as scratch:
        _try_steps(case, checkout, scratch, outcome)
    outcome.seconds = time.monotonic() - start
    return outcome


def _try_steps(case: Case, checkout: Path, scratch: Path, outcome: Outcome) -> None:
    if outcome.attempt("build", lambda: _build_first(case, checkout, scratch, outcome)):
        machine = make_machine(case, scratch)
        for step, action in _uses(case, machine, outcome):
            if step not in case.without:
                outcome.attempt(step, action)
        if not outcome.errors and "upgrade" not in case.without:
            outcome.attempt("upgrade", lambda: _upgrade(case, checkout, scratch, machine))


def _build_first(case: Case, checkout: Path, scratch: Path, outcome: Outcome) -> None:
    folder = case.source.make(scratch)
    start = time.monotonic()
    said = build(case, checkout, folder, scratch / "release")
    outcome.build_seconds = time.monotonic() - start
    outcome.size_bytes = (scratch / "release").stat().st_size
    outcome.files = re.findall(r"([\d,]+) files", said)[0]


def _uses(case: Case, machine: Machine, outcome: Outcome) -> Iterator[tuple[str, Callable[[], object]]]:
    static = machine.folder / "static"
    yield "check", lambda: machine.succeed("check")
    yield "migrate", lambda: _migrate(case, machine)
    yield "collectstatic", lambda: _collect(machine, static)
    yield "serve", lambda: _serve(case, machine, outcome)


def _migrate(case: Case, machine: Machine) -> None:
    machine.succeed("migrate", "--noinput")
    if case.login:
        machine.succeed(*MAKE_USER, DJANGO_SUPERUSER_PASSWORD=PASSWORD)


def _collect(machine: Machine, static: Path) -> None:
    said = machine.succeed("collectstatic", "--noinput", "--dir", str(static))
    assert any(static.iterdir()), f"collectstatic wrote nothing:\n{said}"


def _serve(case: Case, machine: Machine, outcome: Outcome) -> None:
    with machine.serving("--workers", "1") as server:
        ready = server.get("/-/ready", **case.headers)
        assert ready.status == 200, f"/-/ready: wanted 200, found {ready.status}: {ready.text}\n{server.said}"
        outcome.attempt("urls", lambda: _ask(case, server))
    assert case.logs in server.said, f"wanted {case.logs!r}, found {server.said}"


def _ask(case: Case, server: Server) -> None:
    """Ask for the declared URLs, and for the style sheets and scripts of their pages; and log in."""
    for path, status, text in case.urls:
        answer = server.get(path, **case.headers)
        begin = answer.body[:_SHOWN_BYTES]
        assert answer.status == status, f"{path}: wanted {status}, found {answer.status}: {begin!r}\n{server.said}"
        assert text.encode() in answer.body, f"{path}: wanted {text!r}, found {begin!r}"
        for link in _LINKED.findall(answer.body.decode(errors="replace")) if case.follows_links else ():
            found = server.get(link, **case.headers).status
            assert found == 200, f"{link} (linked by {path}): wanted 200, found {found}\n{server.said}"
    if case.login:
        case.login.try_at(server.url, case.headers)


def _upgrade(case: Case, checkout: Path, scratch: Path, machine: Machine) -> None:
    """Put the next release in the place of the first, where the data must be found again."""
    if case.keep and not case.login:
        machine.succeed(*case.keep["make"], DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    before = machine.succeed("pyz", "info")
    folder = scratch / case.name
    with (folder / case.changed).open("a", encoding="utf-8") as file:
        file.write("# The next release.\n")
    if (folder / ".git").is_dir():
        run(["git", "add", "--intent-to-add", case.changed], folder)
    build(case, checkout, folder, scratch / "next")
    os.replace(scratch / "next", machine.executable)
    assert machine.succeed("pyz", "info") != before, "the next release is the same as the first"
    if case.keep:
        found = machine.succeed(*case.keep["find"])
        assert case.keep["said"] in found, f"wanted {case.keep['said']!r}, found {found!r}"
    with machine.serving("--workers", "1") as server:
        _ask(case, server)


def main(names: Sequence[str]) -> int:
    """Try the named projects, or all, and print a table; what failed is told on standard error."""
    cases = read_corpus()
    if unknown := sorted(set(names) - set(cases)):
        print(f"corpus: no project {', '.join(unknown)}; there are {', '.join(cases)}", file=sys.stderr)
        return 2
    chosen = []
    for name in names or cases:
        if lacks := cases[name].lacks:
            print(f"corpus: {name} left out: no {' and no '.join(lacks)} here", file=sys.stderr)
        else:
            chosen.append(name)
    failed = 0
    print("| " + " | ".join(HEADER) + " |\n" + "|---" * len(HEADER) + "|", flush=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for outcome in pool.map(lambda name: try_out(cases[name], CHECKOUT), chosen):
            print(outcome.row(), flush=True)
            print(f"{outcome.name}: {outcome.seconds:.0f} s", file=sys.stderr)
            for step, error in outcome.errors.items():
                print(f"--- {outcome.name}: {step}\n{error}", file=sys.stderr, flush=True)
            failed += bool(outcome.errors)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
