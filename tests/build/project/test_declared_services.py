"""The services and timers that a project declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.options import Options
from django_pyz.project.declared_services import check_commands, sealed
from django_pyz_runtime.bundle.manifest import PROGRAM_FOLDER
from django_pyz_runtime.errors import UserError
from tests.build.trees import write_tree

TREE = {f"{PROGRAM_FOLDER}/celery": "", "shop/management/commands/send_report.py": ""}


def test_they_are_sealed_as_settings_ini_has_them() -> None:
    options = Options(services=("worker=celery -A shop worker -Q a=b",), timers=("send_report --weekly=Mon 06:00",))
    assert sealed(options) == {
        "services.worker": "celery -A shop worker -Q a=b",
        "timers.send_report --weekly": "Mon 06:00",
    }


def test_all_that_does_not_fit_is_told_at_once() -> None:
    options = Options(services=("Big one=celery", "beat="), timers=("send_report=every day!",))
    with pytest.raises(UserError) as caught:
        sealed(options)
    assert caught.value.problems == (
        "services: Big one: wanted a name for a unit: small letters, digits, - and _, with a letter first",
        "services: beat: wanted text, found none",
        "timers: send_report: wanted times such as daily, or Mon 06:00 (systemd.time(7)), found 'every day!'",
    )


def test_two_units_cannot_have_one_name() -> None:
    with pytest.raises(UserError) as caught:
        sealed(Options(services=("send=celery",), timers=("send=daily", "send --=daily")))
    assert caught.value.problems == (
        "timers: send: its unit would have the same name as that of services: send",
        "timers: send --: its unit would have the same name as that of services: send",
    )


def test_what_they_run_must_be_in_the_tree(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, TREE)
    services = ("worker=celery -A shop worker", "report=manage.py send_report", "other=send_report")
    check_commands(Options(services=services, timers=("send_report --weekly=daily", "pyz backup=daily")), tree)
    with pytest.raises(UserError) as caught:
        check_commands(Options(services=("a=manage.py celery", "b=selery"), timers=("celery=daily",)), tree)
    assert [problem.partition(", found ")[2] for problem in caught.value.problems] == [
        "'celery', which does not exist",
        "'selery', which does not exist",
        "'celery', which does not exist",
    ]
