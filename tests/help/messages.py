"""The messages of both wings, taken from their sources.

A message is any text of two words or more that stands in the code and is not known to be something else: what is
exempt, is named here with its reason. So a new message is found wherever it is made, also where it is put together
from parts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parents[2]
WINGS = ("django_pyz", "django_pyz_runtime")

IN_BUNDLES = "django_pyz/pack/programs/"
"""Programs of the build wing that speak when a bundle is started."""
NO_MESSAGES = (
    "django_pyz/builder.py:what",  # a part of a note
    "django_pyz/cli.py:description",  # help
    "django_pyz/dependencies/installed.py",  # parts of a note
    "django_pyz/dependencies/locks/readers.py:marker",
    "django_pyz/files/secret_kinds.py",  # kinds of secrets, which complete a line
    "django_pyz/manual.py",  # the man page
    "django_pyz/pack/compile_parts.py",  # for the build alone, which shows its last line
    "django_pyz/pack/head.py",  # writes a program
    "django_pyz/pack/write.py:first_line",
    "django_pyz/package/contents.py:_CONFIGURATION",  # a file's text
    "django_pyz/package/deb.py:_OVERRIDES",
    "django_pyz/package/documents.py",
    "django_pyz/package/facts.py:Facts",  # the package's description
    "django_pyz/project/front_end.py",  # commands
    "django_pyz/python.py:code",
    "django_pyz/report/proposals.py:_BEAT",
    "django_pyz/report/proposals.py:_WORKERS",
    "django_pyz/report/report_file.py:head",  # the page
    "django_pyz/report/summary.py",  # what was built
    "django_pyz/report/treemap.py",
    "django_pyz/stage/programs.py",  # writes programs
    "django_pyz/stage/stage.py:_check_free",  # completes "which is the name of ..."
    "django_pyz/stage/staged_project.py:write_text",
    "django_pyz/stage/django_commands.py:PermissionError",  # stops code that the build runs
    "django_pyz_runtime/commands/management.py:OUR_COMMANDS",  # help
    "django_pyz_runtime/commands/manual.py",  # man pages
    "django_pyz_runtime/commands/pyz/config.py:def _changes",
    "django_pyz_runtime/commands/pyz/config.py:def _in_force",
    "django_pyz_runtime/commands/pyz/config.py:lines",
    "django_pyz_runtime/commands/pyz/config.py:print",  # answers to a question
    "django_pyz_runtime/commands/pyz/explain.py:def _explain_setting",
    "django_pyz_runtime/commands/pyz/explain.py:lines",
    "django_pyz_runtime/commands/pyz/info.py",
    "django_pyz_runtime/commands/pyz/verify.py:print",  # that all is well
    "django_pyz_runtime/config/levels.py:Value",  # a source
    "django_pyz_runtime/config/options.py",  # what options mean, in a table of their own
    "django_pyz_runtime/config/settings_ini.py",  # writes a file
    "django_pyz_runtime/data/own_data.py:_NAME",
    "django_pyz_runtime/data/ownership.py:_NAME",
    "django_pyz_runtime/release/backup/in_use.py:def _stop_command",  # a command
    "django_pyz_runtime/release/upgrade/web_files.py:command",
    "django_pyz_runtime/help/",  # what shows all this
    "django_pyz_runtime/release/ask_reload.py:which",  # a part in the middle
    "django_pyz_runtime/release/backup/databases/mysql.py:sql",
    "django_pyz_runtime/release/backup/databases/postgresql.py",  # SQL
    "django_pyz_runtime/release/files/files.py:_SEAL",  # texts of files
    "django_pyz_runtime/release/files/shell_files.py",
    "django_pyz_runtime/release/files/units.py",
    "django_pyz_runtime/release/files/web_servers.py",
    "django_pyz_runtime/release/install/system.py:again",  # a command
    "django_pyz_runtime/release/install/system.py:must_be_root",
    "django_pyz_runtime/release/migrations.py:where",
    "django_pyz_runtime/release/upgrade/online.py:by_user",
    "django_pyz_runtime/release/upgrade/online.py:def _stop_command",
    "django_pyz_runtime/release/upgrade/online.py:command",
    "django_pyz_runtime/serve/edge/health.py",  # HTTP
    "django_pyz_runtime/serve/edge/pause.py:headers",
    "django_pyz_runtime/serve/edge/pause.py:def refused_handshake",  # HTTP
    "django_pyz_runtime/serve/metrics/exporter.py:START",  # code
    "django_pyz_runtime/serve/metrics/page.py",  # the help of metrics
    "django_pyz_runtime/serve/requests/refusals.py:head",  # HTTP
    "django_pyz_runtime/serve/requests/thread_worker.py:def _name",
    "django_pyz_runtime/serve/settings/log.py",  # forms of lines
    "django_pyz_runtime/shell/",  # completion scripts and man pages
)
"""Modules, folders (with / behind), and names and functions in modules, whose texts are no messages."""
OTHER_CALLS = frozenset(
    {
        "ArgumentParser",
        "Check",  # the title of a check of `pyz doctor`
        "Kind",  # completes "wanted ..."
        "Option",
        "Parser",
        "_kind",  # a kind of secret, which completes a line
        "_option",
        "add_argument",
        "add_parser",
        "ask",  # SQL
        "compile",
        "execute",
        "filterwarnings",
        "findall",
        "fullmatch",
        "partition",
        "rpartition",
        "search",
        "show_title",
        "split",
        "start_response",  # HTTP
        "startswith",
        "step",  # what a build is doing
        "sub",
        "watch",
    }
)
"""Functions whose arguments are no messages."""
DOCTOR = "django_pyz_runtime/release/doctor/"
OF_DOCTOR = frozenset({"DoesNotApply", "Finding:1", "Unknown", "UserError", "say", "what", "who"})
"""Of what `pyz doctor` says, what is the matter; the rest of a finding are values and commands."""
PARTS = {
    "process.run:1": "cannot {}: PROGRAM ended with code 1",
    "django_pyz/files/git.py:_run": "cannot {}: git ended with code 1",
    "self._run:1": "cannot {}: python ended with code 1",
    "django_pyz/files/exclusions.py": "left out FILE: {}",
    "django_pyz/files/links.py": "left out FILE: {}",
    "django_pyz/files/rules.py": "left out FILE: {}",
    "django_pyz/files/selection.py:DELETED": "left out FILE: {}",
    "django_pyz/files/selection.py:EMPTY_SUBMODULE": "left out FILE: {}",
    "damaged": "the file is damaged ({})",
    "_damaged": "FILE: is damaged or not a site backup: {}",
    "Unknown": "not looked at: {}",
    "DoesNotApply": "does not apply: {}",
    "django_pyz_runtime/release/upgrade/operations.py": "would break the running release: OPERATION: {}",
    "_Misfit": "wanted {}, found VALUE",
    "Refusal": "Refused a request: {}",
    "bad_request": "Refused a request: {}",
}
"""What parts of messages are put into, by module, name or function (and which of its arguments)."""
_FEWEST_WORDS = 3
_FEWEST_WORDS_SAID = 2
_SAYING = frozenset(
    {"Failed", "Finding", "Unwanted", "UserError", "_log", "append", "error", "info", "log", "say", "warning"}
)


class Message(NamedTuple):
    """A text that a user may read.

    Attributes:
        wing: that prints it.
        place: file and line, from src on.
        text: with {} for what is put in at run time.
    """

    wing: str
    place: str
    text: str


@cache
def messages() -> list[Message]:
    """All messages of both wings."""
    sources = [path for wing in WINGS for path in sorted((CHECKOUT / "src" / wing).rglob("*.py"))]
    return [*_messages_of_first_lines(), *(found for path in sources for found in _messages_of(path))]


def _messages_of_first_lines() -> Iterator[Message]:
    """What the shell says that starts a bundle."""
    path = CHECKOUT / "src" / IN_BUNDLES / "first_lines.sh"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for text in re.findall(r'"(\$\{0##\*/\}: .*?)"', line):
            yield Message(WINGS[1], f"{IN_BUNDLES}{path.name}:{number}", re.sub(r"\$\{.*?\}|\$\w+|@\w+@", "{}", text))


def _messages_of(path: Path) -> Iterator[Message]:
    module = path.relative_to(CHECKOUT / "src").as_posix()
    for node, names in _texts(ast.parse(path.read_text(encoding="utf-8"))):
        names |= {module} | {f"{module}:{name}" for name in names}
        text = " ".join(_template(node).split())
        if not _is_other(module, names) and _counts(text, names):
            wing = WINGS[1] if module.startswith(IN_BUNDLES) else module.partition("/")[0]
            yield Message(wing, f"{module}:{node.lineno}", _completed(text, names))


def _is_other(module: str, names: frozenset[str]) -> bool:
    if any(other in names or (other.endswith("/") and module.startswith(other)) for other in NO_MESSAGES):
        return True
    return bool(names & OTHER_CALLS) or (module.startswith(DOCTOR) and not names & OF_DOCTOR)


def _counts(text: str, names: frozenset[str]) -> bool:
    """Whether a text has enough words to be a message, or to be known again as a part of one."""
    words = re.findall(r"(?<![\w{%])[A-Za-z'-]{2,}(?![\w(])", text)
    is_said = text.startswith("{}: ") or (names & (_SAYING | PARTS.keys()) and "hint" not in names)
    return " " in text and len(words) >= (_FEWEST_WORDS_SAID if is_said else _FEWEST_WORDS)


def _completed(text: str, names: frozenset[str]) -> str:
    return next((whole.format(text) for part, whole in PARTS.items() if part in names), text)


def _texts(tree: ast.AST) -> Iterator[tuple[ast.expr, frozenset[str]]]:
    """Each text of a module with the names of the calls and assignments that it stands in."""
    pending: list[tuple[ast.AST, frozenset[str]]] = [(tree, frozenset())]
    while pending:
        node, names = pending.pop()
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            yield node, names
            continue
        pending += [
            (child, names | _names(node, child)) for child in ast.iter_child_nodes(node) if _is_code(node, child)
        ]


def _is_code(node: ast.AST, child: ast.AST) -> bool:
    """Whether a node is none that only describes: a docstring, or an annotation."""
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return False
    return child not in (getattr(node, "annotation", None), getattr(node, "returns", None))


def _names(node: ast.AST, child: ast.AST) -> frozenset[str]:
    if isinstance(node, ast.Call) and child is not node.func:
        names = {_name(node.func), ast.unparse(node.func)}
        index = node.args.index(child) if child in node.args else None
        return frozenset(names | {f"{name}:{index}" for name in names})
    if isinstance(node, ast.FunctionDef):
        return frozenset({f"def {node.name}"})
    if isinstance(node, ast.keyword):
        return frozenset({node.arg or ""})
    if isinstance(node, ast.Assign):
        return frozenset(_name(item) for target in node.targets for item in ast.walk(target))
    if isinstance(node, ast.AnnAssign | ast.AugAssign):
        return frozenset({_name(node.target)})
    return frozenset()


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _template(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_template(part) for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "{}"
