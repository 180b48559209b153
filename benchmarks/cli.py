"""The command line of the benchmarks."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import machine, report
from benchmarks.bench import FULL, SHORT, Bench
from benchmarks.commands import tell
from benchmarks.rows import ROWS


def main(arguments: Sequence[str]) -> int:
    """Measure, and write the table and the chart.

    Returns:
        0; 1 where something could not be measured, 130 after Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    # Servers are stopped, and the scratch folder is removed, in any case.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        return _run(options)
    except KeyboardInterrupt:
        return 130


def _run(options: Namespace) -> int:
    scale, names, start = SHORT if options.short else FULL, options.only or list(ROWS), time.monotonic()
    with _scratch_folder(options.scratch) as scratch:
        bench = Bench(scale, scratch)
        outcome = report.measure(bench, names)
        # Before the scratch folder is removed, as that takes its time.
        _write(report.markdown(outcome, machine.describe(scratch), scale.projects), options.output)
        if options.chart and (drawing := report.drawing(outcome)):
            _write(drawing, options.chart)
        elif options.chart:
            tell("no chart: it is drawn from the row `files`")
    tell(f"took {(time.monotonic() - start) / 60:.1f} minutes")
    return 1 if outcome.failures else 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python3 -m benchmarks",
        description="Measure a bundle beside a virtual environment, shiv and pex, in interleaved runs.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--short",
        action="store_true",
        help="few rounds of the sample and its closest rivals, no build with pip: three minutes",
    )
    parser.add_argument("--only", action="append", choices=ROWS, metavar="ROW", help=f"one of {', '.join(ROWS)}")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the table there; default: standard output")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="write the chart there, as SVG")
    parser.add_argument("--scratch", type=Path, metavar="FOLDER", help="work in a new folder below; several GB")
    return parser


@contextlib.contextmanager
def _scratch_folder(parent: Path | None) -> Iterator[Path]:
    folder = Path(os.path.realpath(tempfile.mkdtemp(prefix="benchmarks-", dir=parent)))
    # What other users may enter, as an installation would be.
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        tell("cleaning up")
        # Unpacked trees are read-only, for all but root; and there are too many files for Python.
        if os.geteuid():
            subprocess.run(["chmod", "-R", "u+rwX", folder], check=True)
        subprocess.run(["rm", "-rf", folder], check=True)


def _write(text: str, file: Path | None) -> None:
    if file:
        file.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
        sys.stdout.flush()
