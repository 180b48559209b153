"""The command line of the benchmarks."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import machine, report
from benchmarks.bench import FULL, SHORT, Bench
from benchmarks.commands import tell
from benchmarks.errors import BenchmarkError
from benchmarks.rows import ROWS
from benchmarks.soak.report import markdown as soak_markdown
from benchmarks.soak.run import Plan, soak


def main(arguments: Sequence[str]) -> int:
    """Measure, and write the table and the chart; or run the soak test, and write its report.

    Returns:
        0; 1 if something could not be measured or a request failed; 130 after Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    # Always stop the servers and remove the scratch folder.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130


def _measure(options: Namespace) -> int:
    scale, names, start = SHORT if options.short else FULL, options.only or list(ROWS), time.monotonic()
    with _scratch_folder(options.scratch) as scratch:
        bench = Bench(scale, scratch)
        outcome = report.measure(bench, names)
        # Before the slow removal of the scratch folder.
        _write(report.markdown(outcome, machine.describe(scratch), scale.projects), options.output)
        if options.chart and (drawing := report.drawing(outcome)):
            _write(drawing, options.chart)
        elif options.chart:
            tell("no chart: it is drawn from the row `files`")
    tell(f"took {(time.monotonic() - start) / 60:.1f} minutes")
    return 1 if outcome.failures else 0


def _soak(options: Namespace) -> int:
    plan = Plan(options.minutes, options.every)
    with _scratch_folder(options.scratch) as scratch:
        try:
            outcome = soak(Bench(SHORT, scratch), plan)
        except BenchmarkError as error:
            tell(f"soak FAILED: {error}")
            return 1
        _write(soak_markdown(outcome, [machine.describe(scratch), str(plan)]), options.output)
    return 1 if outcome.problems else 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python3 -m benchmarks",
        description="Compare a bundle with a virtual environment, shiv and pex, in interleaved runs.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--short",
        action="store_true",
        help="few rounds of the sample and its closest rivals, no build with pip: three minutes",
    )
    parser.add_argument("--only", action="append", choices=ROWS, metavar="ROW", help=f"one of {', '.join(ROWS)}")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="write the chart to this SVG file")
    _add_places(parser)
    parser.set_defaults(run=_measure)
    _add_soak(parser)
    return parser


def _add_soak(parser: ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="soak", title="instead of that")
    summary = "serve the sample under mixed traffic and upgrades, and look for failures and leaks"
    # Options after the word do not reset those before it.
    other = commands.add_parser(
        "soak", help=summary, description=f"{summary}.".capitalize(), allow_abbrev=False, argument_default=SUPPRESS
    )
    other.add_argument("--minutes", type=float, default=10.0, metavar="N", help="how long; default: %(default)g")
    other.add_argument(
        "--every", type=float, default=30.0, metavar="SECONDS", help="from upgrade to upgrade; default: %(default)g"
    )
    _add_places(other)
    other.set_defaults(run=_soak)


def _add_places(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the table to this file; default: standard output"
    )
    parser.add_argument("--scratch", type=Path, metavar="FOLDER", help="work in a new folder below; several GB")


@contextlib.contextmanager
def _scratch_folder(parent: Path | None) -> Iterator[Path]:
    folder = Path(os.path.realpath(tempfile.mkdtemp(prefix="benchmarks-", dir=parent)))
    # Accessible to other users, like an installation.
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        tell("cleaning up")
        # Unpacked trees are read-only except for root; and Python is too slow for so many files.
        if os.geteuid():
            subprocess.run(["chmod", "-R", "u+rwX", folder], check=True)
        subprocess.run(["rm", "-rf", folder], check=True)


def _write(text: str, file: Path | None) -> None:
    if file:
        file.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
        sys.stdout.flush()
