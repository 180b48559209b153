"""The syntax of `[services]` and `[timers]`, the processes beside the web server; for both wings.

A service is a name and a command. Its unit is NAME-SERVICE.service, and NAME-SERVICE is also what `pyz status` lists. A
timer is a management command and the times at which it runs; its unit is named after the command.
"""

from __future__ import annotations

import re
import shlex

SERVICES = "services"
TIMERS = "timers"
SECTIONS = (SERVICES, TIMERS)
MANAGE = "manage.py"
"""Begins the command of a service that is a management command, where a program has the same name."""
_SERVICE_NAME = r"[a-z][a-z0-9_-]{0,63}"
_COMMAND_NAME = r"[A-Za-z][A-Za-z0-9_-]*"
_CALENDAR = r"[A-Za-z0-9*/:.,~+_ -]+"
_LONGEST = 100
_TAKEN = ("web",)
"""The name of the server in `pyz status`."""


def problem_of(section: str, key: str, text: str) -> str:
    """The problem of an entry by itself, as "wanted ..., found ..."; "" for none. An empty value disables the entry.

    Args:
        section: SERVICES or TIMERS.
        key: the name of a service, or the command of a timer.
        text: the command of a service, or the times of a timer.
    """
    return _service_problem(key, text) if section == SERVICES else _timer_problem(key, text)


def _service_problem(name: str, command: str) -> str:
    if name in _TAKEN:
        return "wanted another name (this one is the server's)"
    if not re.fullmatch(_SERVICE_NAME, name):
        return "wanted a name for a unit: small letters, digits, - and _, with a letter first"
    return _words_problem(command)


def _timer_problem(command: str, times: str) -> str:
    if problem := _words_problem(command):
        return problem
    if not re.fullmatch(_COMMAND_NAME, next(iter(words(command)), "")) or len(timer_name(command)) > _LONGEST:
        return "wanted the name of a management command, then its options"
    if times and not re.fullmatch(_CALENDAR, times):
        return f"wanted times such as daily, or Mon 06:00 (systemd.time(7)), found {times!r}"
    return ""


def _words_problem(command: str) -> str:
    if not command.isprintable():
        return "wanted a command on one line"
    try:
        found = shlex.split(command)
    except ValueError as error:
        return f"wanted a command in shell syntax, found {str(error).lower()}"
    return "wanted a command, found blanks" if command and not found else ""


def words(command: str) -> tuple[str, ...]:
    """The words of a command without problems."""
    return tuple(shlex.split(command))


def timer_name(command: str) -> str:
    """The name of a timer, fit for a unit: `send_report --weekly` is send_report-weekly."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", command).strip("-")


def unit_stem(section: str, key: str) -> str:
    """What follows NAME- in the name of the unit of an entry."""
    return key if section == SERVICES else timer_name(key)
