"""What Python's loggers say, in systemd's journal."""

from __future__ import annotations

from pathlib import Path

from tests.runtime.conftest import Python
from tests.runtime.journal_listener import Listener

SAY = """
import logging, logging.config, os, sys
os.environ["JOURNAL_STREAM"] = "{0.st_dev}:{0.st_ino}".format(os.fstat(2))
from django_pyz_runtime import journal
from django_pyz_runtime.activation import journal_logging
journal.send = journal.Journal(sys.argv[1]).send
journal_logging.install()
journal_logging.install()
journal_logging.fields["REQUEST_ID"] = lambda: "given-7"
journal_logging.fields["RELEASE"] = lambda: ""
logging.getLogger("an.app").warning("without any handler")
logging.config.dictConfig({
    "version": 1,
    "formatters": {"own": {"format": "own %(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "own"},
        "file": {"class": "logging.FileHandler", "filename": "own.log"},
    },
    "root": {"handlers": ["console", "file"], "level": 5},
})
log = logging.getLogger("another.app")
for level in (10, 20, 25, 30, 40, 50):
    log.log(level, "at %s", level)
try:
    raise ValueError("broken")
except ValueError:
    log.exception("two\\nlines")
logging.getLogger().handlers[0].setStream(sys.stdout)
log.warning("elsewhere")
"""


def test_each_event_has_its_priority_whoever_has_made_the_handler(
    listener: Listener, python: Python, tmp_path: Path
) -> None:
    assert python(SAY, listener.path) == "own elsewhere\n"
    first = listener.event()
    assert (first["MESSAGE"], first["PRIORITY"], first["LOGGER"]) == ("without any handler", "4", "an.app")
    assert (first["REQUEST_ID"], "RELEASE" in first) == ("given-7", False)
    events = [listener.event() for _ in range(7)]
    assert [event["PRIORITY"] for event in events] == ["7", "6", "6", "4", "3", "2", "3"]
    assert [event["MESSAGE"] for event in events[:2]] == ["own at 10", "own at 20"]
    assert events[-1]["MESSAGE"].startswith("own two\nlines\nTraceback ")
    assert events[-1]["MESSAGE"].endswith("\nValueError: broken")
    assert (tmp_path / "own.log").read_text().startswith("at 10\nat 20\n")


def test_without_the_journals_socket_each_line_has_its_priority(python: Python, tmp_path: Path) -> None:
    code = SAY.partition("try:")[0] + "log.error('two\\nlines')"
    said = "".join(
        f"<{priority}>own at {level}\n" for priority, level in zip("766432", (10, 20, 25, 30, 40, 50), strict=True)
    )
    python(code, str(tmp_path / "nothing"), stderr=f"<4>without any handler\n{said}<3>own two\n<3>lines\n")
