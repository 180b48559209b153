"""Tracebacks, debug pages, debuggers, coverage and warnings name files and show lines as in a virtual environment."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Machine, Server
from tests.e2e.like_a_venv.tools_project import CHILD, COMMAND, said

FRAME = re.compile(r'^  File "([^"]+)", line (\d+), in \S+\n    (.+)$', re.MULTILINE)


@pytest.fixture(scope="module")
def sums(tree: Path) -> Path:
    """The module of the project that most of these tests look at."""
    return tree.parent / "__project__/shop/sums.py"


@pytest.fixture(scope="module")
def server(tools: Machine) -> Iterator[Server]:
    """The site, with debug pages."""
    with tools.serving("--migrate", "--workers", "1", TOOLS__SETTINGS__DEBUG="true") as server:
        yield server


def line_of(path: Path, text: str) -> int:
    """The number of the one line that has a text."""
    [number] = [number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line]
    return number


@pytest.mark.parametrize(
    "command", [("divide",), (*CHILD, "import django, shop.sums; shop.sums.divide(1, 0)")], ids=["command", "child"]
)
def test_a_traceback_shows_the_source(tools: Machine, tree: Path, command: tuple[str, ...]) -> None:
    done = tools.run(*command)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")
    frames = [(Path(path), int(line), text) for path, line, text in FRAME.findall(done.stderr)]
    shown = [frame for frame in frames if frame[0].is_relative_to(tree.parent)]
    for path, line, text in shown:
        assert path.read_text().splitlines()[line - 1].strip() == text.strip()
    assert shown[-1][::2] == (tree.parent / "__project__/shop/sums.py", "return a / b  # the line that fails")
    if command == ("divide",):
        assert {"site-packages", "__project__"} <= {path.relative_to(tree.parent).parts[0] for path, _, _ in shown}


def test_a_debug_page_shows_the_source(server: Server, tree: Path) -> None:
    page = server.get("/fails/")
    assert page.status == 500
    assert "return a / b  # the line that fails" in page.text
    assert str(tree.parent / "__project__/shop/sums.py") in page.text
    # A line beside the one that fails, of the project and of Django.
    assert "def fails(request):" in page.text
    assert "def inner(request):" in page.text


def test_a_debug_page_shows_the_template(server: Server, tree: Path) -> None:
    page = server.get("/fails-in-template/")
    assert page.status == 500
    assert f"In template <code>{tree.parent / '__project__/shop/templates/shop/fails.html'}</code>" in page.text
    assert "error at line <strong>4</strong>" in page.text
    assert "{% price 7 %}" in page.text
    assert "return f&quot;{cents + 0} cents&quot;" in page.text


def test_coverage_reports_the_lines_that_did_not_run(tools: Machine, sums: Path) -> None:
    coverage = ("pyz", "exec", "coverage")
    manage_py, code = sums.parent.parent / "manage.py", "from shop import sums; sums.count(3)"
    tools.succeed(*coverage, "run", f"--include={sums}", str(manage_py), *COMMAND, code)
    tools.succeed(*coverage, "json", "-o", "report.json")
    [report] = json.loads((tools.elsewhere / "report.json").read_text())["files"].values()
    assert report["missing_lines"][:2] == [line_of(sums, "the line that fails"), line_of(sums, "total = -1")]
    assert line_of(sums, "total += number") in report["executed_lines"]
    tools.succeed(*coverage, "run", f"--include={sums}", "-m", "django", *COMMAND, code + "; sums.divide(4, 2)")
    missing = re.findall(rf"^{sums} .* (\d+), \d+, \d+, \d+$", tools.succeed(*coverage, "report", "-m"), re.MULTILINE)
    assert missing == [str(line_of(sums, "total = -1"))]


@pytest.mark.parametrize("command", [COMMAND, CHILD], ids=["command", "child"])
def test_tracing_tells_the_lines(tools: Machine, sums: Path, command: tuple[str, ...]) -> None:
    code = """
import sys
from shop import sums
code, traced, monitored = sums.count.__code__, [], []
def trace(frame, event, argument):
    if frame.f_code is code:
        traced.append(frame.f_lineno)
    return trace
sys.settrace(trace)
sums.count(1)
sys.settrace(None)
if hasattr(sys, "monitoring"):
    event = sys.monitoring.events.LINE
    sys.monitoring.use_tool_id(0, "test")
    sys.monitoring.register_callback(0, event, lambda code, line: monitored.append(line))
    sys.monitoring.set_local_events(0, code, event)
    sums.count(1)
    assert sorted({code.co_firstlineno, *monitored}) == sorted(set(traced)), monitored
print(code.co_filename, *sorted(set(traced)))
"""
    texts = ("def count(end):", "total = 0", "for number in range(end):", "if number > 100:", "total += number")
    lines = [line_of(sums, text) for text in (*texts, "return total")]
    assert said(tools, *command, code) == [" ".join(map(str, [sums, *lines]))]


def test_a_breakpoint_opens_the_debugger_at_its_line(tools: Machine, sums: Path) -> None:
    shown = tools.succeed("stop_here", stdin="list\np secret\nw\nc\n")
    path = sums.parent / "management/commands/stop_here.py"
    assert re.search(rf"> {path}\(\d+\)handle\(\)\n-> (breakpoint|self\.stdout\.write)", shown)
    assert re.search(rf"{line_of(path, 'secret = 6')}\s+secret = 6 \* 7\n", shown)
    assert "(Pdb) 42\n" in shown
    assert "django/core/management/base.py" in shown
    assert shown.endswith("(Pdb) after 42\n")


def test_a_breakpoint_is_set_by_line_and_by_function(tools: Machine, sums: Path) -> None:
    failing, first = line_of(sums, "the line that fails"), line_of(sums, "total = 0")
    code = "import pdb, shop.sums; pdb.run('shop.sums.divide(7, 1); shop.sums.count(1)')"
    shown = said(tools, *CHILD, code, stdin=f"b {sums}:{failing}\nb shop.sums.count\nc\nargs\nc\nc\n")
    stops = [line.rpartition("> ")[2] for line in shown if "> /" in line]
    assert stops == [f"{sums}({failing})divide()", f"{sums}({first})count()"]
    assert "(Pdb) a = 7" in shown


def test_a_fault_names_the_files(tools: Machine, sums: Path) -> None:
    done = tools.run(*COMMAND, "import os, shop.sums; shop.sums.dump(); os.abort()", PYTHONFAULTHANDLER="1")
    dumps = done.stderr.split("Fatal Python error: Aborted")
    assert len(dumps) == 2
    assert f'File "{sums}", line {line_of(sums, "faulthandler.dump_traceback()")} in dump' in dumps[0]
    assert all("django/core/management/base.py" in dump for dump in dumps)


def test_warnings_are_shown_with_their_line_where_python_is_told_so(tools: Machine, sums: Path) -> None:
    code = "import shop.sums; shop.sums.warn()"
    expected = f"{sums}:{line_of(sums, 'warnings.warn')}: DeprecationWarning: the shop closes\n  warnings.warn("
    for command in (COMMAND, CHILD):
        assert expected in tools.run(*command, code, PYTHONWARNINGS="default").stderr
    refused = tools.run(*COMMAND, code, PYTHONWARNINGS="error::DeprecationWarning:shop.sums")
    assert (refused.returncode, refused.stderr.splitlines()[-1]) == (1, "DeprecationWarning: the shop closes")
    assert said(tools, *COMMAND, code) == []


def test_garbage_is_collected_as_ever(tools: Machine, server: Server) -> None:
    code = "import gc, json; print(json.dumps([gc.isenabled(), gc.get_threshold(), gc.get_debug()]))"
    state = [True, list(gc.get_threshold()), 0]
    assert [json.loads(line) for command in (COMMAND, CHILD) for line in said(tools, *command, code)] == [state, state]
    assert list(json.loads(server.get("/garbage/").body).values()) == state
