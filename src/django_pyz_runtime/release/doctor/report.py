"""All checks, and the report of their findings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.doctor import database, files, machine, settings, units, upkeep
from django_pyz_runtime.release.doctor.facts import Facts
from django_pyz_runtime.release.doctor.findings import Check, Finding, Severity, exit_code, worst
from django_pyz_runtime.secrets.redaction import redacted
from django_pyz_runtime.texts import nearest

CHECKS: tuple[Check, ...] = (
    *settings.CHECKS,
    *files.CHECKS,
    *database.CHECKS,
    *units.CHECKS,
    *machine.CHECKS,
    *upkeep.CHECKS,
)
_SHOWN = (Severity.INFO, Severity.SKIPPED, Severity.WARNING, Severity.ERROR)
_LABELS = {Severity.NONE: "-", Severity.OK: "ok", Severity.INFO: "note", Severity.SKIPPED: "unknown"}


def chosen(names: Sequence[str]) -> list[Check]:
    """The checks with these names; all checks for no names.

    Raises:
        UserError: there is no such check.
    """
    known = {check.name: check for check in CHECKS}
    for name in names:
        if name not in known:
            meant = nearest(name, known)
            hint = f"Did you mean {meant}?" if meant else f"There are {', '.join(known)}."
            raise UserError(f"pyz doctor: there is no check {name!r}", hint=hint)
    return [known[name] for name in dict.fromkeys(names)] if names else list(CHECKS)


def examine(facts: Facts, checks: Sequence[Check]) -> list[Finding]:
    """The findings of checks, without secrets.

    Args:
        facts: about the site and its host.
        checks: the checks.
    """
    found = [finding for check in checks for finding in check.run(facts)]
    return [Finding(severity, *map(redacted, texts)) for severity, *texts in found]


def lines(findings: Sequence[Finding], *, is_verbose: bool) -> Iterator[str]:
    """A line for each finding, followed by its fix, and a last line that counts the checks.

    Args:
        findings: of all checks.
        is_verbose: whether to include checks that found nothing.
    """
    for finding in findings:
        if is_verbose or finding.severity in _SHOWN:
            label = _LABELS.get(finding.severity, finding.severity.name)
            yield f"{label:<8} {finding.check}: {finding.line}"
            if finding.cure:
                yield f"         fix: {finding.cure}"
    yield summary(findings)


def summary(findings: Sequence[Finding]) -> str:
    """How many checks there were, by their results."""
    by_check: dict[str, list[Finding]] = {}
    for finding in findings:
        by_check.setdefault(finding.check, []).append(finding)
    severities = [worst(some) for some in by_check.values()]
    told = [_counted(len(severities), "check", "checks") + ":"]
    well = sum(severity in (Severity.OK, Severity.INFO) for severity in severities)
    parts = [f"{well} passed"]
    for severity, one, many in (
        (Severity.WARNING, "warning", "warnings"),
        (Severity.ERROR, "error", "errors"),
        (Severity.SKIPPED, "not looked at", "not looked at"),
        (Severity.NONE, "not applicable", "not applicable"),
    ):
        if count := severities.count(severity):
            parts.append(_counted(count, one, many))
    return f"{told[0]} {', '.join(parts)}"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def as_json(facts: Facts, findings: Sequence[Finding]) -> str:
    """The findings for programs."""
    told: list[dict[str, Any]] = [
        {**finding._asdict(), "severity": finding.severity.name.lower()} for finding in findings
    ]
    said = {"name": facts.manifest.name, "version": facts.manifest.version, "build": facts.bundle.build_id}
    return json.dumps({**said, "user": facts.me, "exit_code": exit_code(findings), "findings": told}, indent=2)
