"""Findings, checks, and how they are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.doctor import report
from django_pyz_runtime.release.doctor.facts import Facts
from django_pyz_runtime.release.doctor.findings import Check, DoesNotApply, Finding, Severity, Unknown, exit_code
from tests.e2e.release.ills import WAVES
from tests.small_bundle import MANIFEST

ELSEWHERE = {
    **dict.fromkeys(("database-reachable", "database-certificates"), "tests/e2e/release/test_doctor_servers.py"),
    **dict.fromkeys(("clock", "python"), "tests/runtime/release/doctor/test_machine.py"),
}
"""The checks whose test is not one of those on a booted machine."""
WORST = Finding(Severity.ERROR, "is broken", "/etc/shop", "one", "two", "mend it")


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    bundle = Bundle(tmp_path / "shop", tmp_path / "site-packages", "a" * 64, MANIFEST)
    return Facts(bundle, Arguments(None, (), []), {})


def check_that(look: Callable[[Facts], Iterable[Finding]]) -> Check:
    """A check."""
    return Check("some", "all is well", look)


def _fails(reason: Exception) -> Callable[[Facts], Iterable[Finding]]:
    def look(facts: Facts) -> Iterable[Finding]:
        raise reason

    return look


def test_there_are_many_checks_and_each_has_a_test_that_breaks_something() -> None:
    names = [check.name for check in report.CHECKS]
    assert len(names) >= 25
    assert len(set(names)) == len(names)
    assert {ill.check for wave in WAVES.values() for ill in wave} | set(ELSEWHERE) == set(names)
    root = Path(__file__).parents[4]
    for name, file in ELSEWHERE.items():
        assert f'"{name}"' in (root / file).read_text()


@pytest.mark.parametrize(
    ("look", "severity", "what"),
    [
        (lambda facts: (), Severity.OK, "all is well"),
        (_fails(Unknown("it is dark")), Severity.SKIPPED, "not looked at: it is dark"),
        (_fails(DoesNotApply("no units")), Severity.NONE, "does not apply: no units"),
        (_fails(ZeroDivisionError("by zero")), Severity.SKIPPED, "not looked at: the check itself has failed"),
        (lambda facts: [WORST], Severity.ERROR, "is broken"),
    ],
)
def test_a_check_always_says_something(
    look: Callable[[Facts], Iterable[Finding]], severity: Severity, what: str, facts: Facts
) -> None:
    [finding] = check_that(look).run(facts)
    assert (finding.severity, finding.what, finding.check) == (severity, what, "some")


def test_what_was_found_before_a_check_fails_is_told(facts: Facts) -> None:
    def look(facts: Facts) -> Iterable[Finding]:
        yield WORST
        raise Unknown("the rest")

    assert [finding.severity for finding in check_that(look).run(facts)] == [Severity.ERROR, Severity.SKIPPED]


@pytest.mark.parametrize(
    ("severities", "code"),
    [
        ((), 0),
        ((Severity.OK, Severity.NONE, Severity.INFO), 0),
        ((Severity.OK, Severity.SKIPPED), 1),
        ((Severity.WARNING, Severity.INFO), 1),
        ((Severity.WARNING, Severity.ERROR, Severity.SKIPPED), 3),
    ],
)
def test_the_exit_code_is_that_of_the_worst(severities: tuple[Severity, ...], code: int) -> None:
    assert exit_code([Finding(severity, "") for severity in severities]) == code


def test_each_finding_has_a_line_and_one_for_its_cure() -> None:
    found = [
        WORST._replace(check="a"),
        Finding(Severity.OK, "is well", check="b"),
        Finding(Severity.NONE, "-", check="c"),
    ]
    assert list(report.lines(found, is_verbose=False)) == [
        "ERROR    a: /etc/shop: is broken: wanted two, found one",
        "         fix: mend it",
        "3 checks: 1 passed, 1 error, 1 not applicable",
    ]
    assert list(report.lines(found, is_verbose=True))[2:4] == ["ok       b: is well", "-        c: -"]


def test_lines_stay_lines_and_secrets_are_hidden(facts: Facts) -> None:
    text = "postgres://shop:sw0rdfish-9@db/shop\nrefused"
    facts.arguments = Arguments(None, (("--set", f"settings.DATABASES.default={text}"),), [])
    [finding] = report.examine(
        facts, [check_that(lambda facts: [Finding(Severity.ERROR, str(facts.configuration and text))])]
    )
    assert finding.line == "postgres://shop:********@db/shop refused"


def test_for_programs(facts: Facts) -> None:
    said = json.loads(report.as_json(facts, [WORST]))
    assert (said["name"], said["build"], said["exit_code"]) == ("shop", "a" * 64, 3)
    assert said["findings"] == [{**WORST._asdict(), "severity": "error"}]


def test_only_some_checks(facts: Facts) -> None:
    assert [check.name for check in report.chosen(["clock", "clock", "debug"])] == ["clock", "debug"]
    with pytest.raises(UserError, match=r"(?s)no check 'clok'.*Did you mean clock\?"):
        report.chosen(["clok"])


def test_an_edit_names_the_line_that_is_there_or_the_section(facts: Facts, tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    path.write_text("[settings]\n\nDEBUG = true\n")
    path.chmod(0o600)
    facts.arguments = Arguments(str(path), (("--set", "settings.TIME_ZONE=UTC"),), [])
    facts.has_units = False
    assert facts.edit("settings", "DEBUG", "false") == f"in {path}, line 3: DEBUG = false"
    assert facts.edit("settings", "USE_TZ", "true", "true") == f"in {path}, below [settings]: USE_TZ = true; then: true"
    assert facts.edit("settings", "TIME_ZONE", "Asia/Tokyo") == "by hand: change --set settings.TIME_ZONE to Asia/Tokyo"
