"""`python -m tests.measuring.report RESULTS` prints how much of each folder of both wings was run."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

from coverage import Coverage

from tests.conftest import CHECKOUT

_COUNTED = ("covered_lines", "num_statements", "covered_branches", "num_branches")


def main(folder: str) -> int:
    """Put together what the processes measured, and print a table."""
    results = str(Path(folder) / "process")
    measured = Coverage(data_file=results, config_file=str(CHECKOUT / "pyproject.toml"), messages=False)
    measured.combine([folder])
    # What was never imported counts as well.
    source = [path for wing in ("django_pyz", "django_pyz_runtime") for path in (CHECKOUT / "src" / wing).rglob("*.py")]
    measured.get_data().touch_files([path.relative_to(CHECKOUT).as_posix() for path in source])
    outfile = Path(folder) / "report.json"
    measured.json_report(outfile=str(outfile))
    rows: dict[str, list[int]] = defaultdict(lambda: [0] * len(_COUNTED))
    for name, found in json.loads(outfile.read_text(encoding="utf-8"))["files"].items():
        for row in (Path(name).parent.relative_to("src").as_posix(), "all of it"):
            rows[row] = [count + found["summary"][key] for count, key in zip(rows[row], _COUNTED, strict=True)]
    total = rows.pop("all of it")
    print(f"{'what the tests run':<48}{'statements':>12}{'branches':>12}{'run':>9}")
    for name, (lines_run, lines, taken, branches) in [*sorted(rows.items()), ("all of it", total)]:
        run = (lines_run + taken) / max(lines + branches, 1)
        print(f"{name:<48}{lines:>12,}{branches:>12,}{run:>9.1%}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
