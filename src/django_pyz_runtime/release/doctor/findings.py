"""The findings of a check, each with what was wanted and found, and a fix that can be followed to the letter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from django_pyz_runtime.release.doctor.facts import Facts


class Severity(IntEnum):
    """How bad a finding is. SKIPPED: the check could not look. NONE: the check does not apply here."""

    NONE = 0
    OK = 1
    INFO = 2
    SKIPPED = 3
    WARNING = 4
    ERROR = 5


BY_HAND = "by hand: "
"""Begins a fix that is not a command."""


class Finding(NamedTuple):
    """The finding of a check.

    Attributes:
        severity: how bad it is.
        what: the problem.
        where: the file, unit, address or database.
        found: the present state.
        wanted: the correct state.
        cure: the fix: a shell command, after "as USER: " if this user may not run it; an edit, as "in FILE, line N:
            TEXT" or "in FILE, below [SECTION]: TEXT", with "; then: COMMAND" if one follows; or, after "by hand: ",
            what no command can do.
        check: the name of the check.
    """

    severity: Severity
    what: str
    where: str = ""
    found: str = ""
    wanted: str = ""
    cure: str = ""
    check: str = ""

    @property
    def line(self) -> str:
        """All of this except the fix, for people."""
        said = ", ".join(f"{word} {text}" for word, text in (("wanted", self.wanted), ("found", self.found)) if text)
        return ": ".join(" ".join(part.split()) for part in (self.where, self.what, said) if part)


class Unknown(Exception):
    """A fact that a check needs is not known; the text says why."""


class DoesNotApply(Exception):
    """A check has nothing to examine here; the text says why."""


class Check(NamedTuple):
    """A check.

    Attributes:
        name: for people and `pyz doctor NAME`.
        says: what is true if it finds nothing.
        look: yields the findings.
    """

    name: str
    says: str
    look: Callable[[Facts], Iterable[Finding]]

    def run(self, facts: Facts) -> list[Finding]:
        """The findings, at least one; a crash of the check is a finding, too.

        Args:
            facts: about the site and its host.
        """
        found: list[Finding] = []
        try:
            found += self.look(facts)
        except Unknown as reason:
            found.append(Finding(Severity.SKIPPED, f"not looked at: {reason}"))
        except DoesNotApply as reason:
            found = found or [Finding(Severity.NONE, f"does not apply: {reason}")]
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            found.append(Finding(Severity.SKIPPED, "not looked at: the check itself has failed", found=text))
        found = found or [Finding(Severity.OK, self.says)]
        return [finding._replace(check=self.name) for finding in found]


def worst(findings: Iterable[Finding]) -> Severity:
    """The severity of the worst one."""
    return max((finding.severity for finding in findings), default=Severity.OK)


def exit_code(findings: Sequence[Finding]) -> int:
    """0 if all checks pass, 1 for warnings, 3 for errors. A check that could not look counts as a warning."""
    severity = worst(findings)
    return 3 if severity is Severity.ERROR else 1 if severity in (Severity.WARNING, Severity.SKIPPED) else 0
