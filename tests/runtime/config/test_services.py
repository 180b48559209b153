"""`[services]` and `[timers]`."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz_runtime.boot.arguments import split
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.bundle.services import timer_name
from django_pyz_runtime.config.levels import load as load_levels
from django_pyz_runtime.release.files.site import Service, Site, Timer
from tests.runtime.conftest import Load


@pytest.fixture
def bundle(manifest: Manifest) -> Bundle:
    """A bundle of that project."""
    return Bundle(Path("/usr/bin/project-script"), Path("/lib"), "b" * 64, manifest)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("[services]\nweb = x", "wanted another name (this one is the server's)"),
        ("[services]\nA/b = x", "wanted a name for a unit: small letters, digits, - and _, with a letter first"),
        ("[services]\na = x 'y", "wanted a command in shell syntax, found no closing quotation"),
        ("[services]\na = x\n  y", "wanted a command on one line"),
        ("[timers]\n--weekly = daily", "wanted the name of a management command, then its options"),
        ("[timers]\n../x = daily", "wanted the name of a management command, then its options"),
        ("[timers]\nx --a=1 = daily", "wanted times such as daily, or Mon 06:00 (systemd.time(7)), found '1 = daily'"),
    ],
)
def test_what_does_not_fit_is_one_message(load: Load, entry: str, problem: str) -> None:
    (found,) = load(entry, mode=0o600).problems
    assert found.endswith(f": {problem}"), found


def test_units_of_one_name_are_refused(load: Load) -> None:
    (found,) = load("[services]\nsend = x\n[timers]\nsend = daily\n", mode=0o600).problems
    assert "[timers] send: its unit would have the same name as that of [services] send" in found
    assert load("[services]\nsend =\n[timers]\nsend = daily\n", mode=0o600).problems == ()


def test_a_timer_is_named_after_its_command() -> None:
    assert timer_name("send_report --weekly --to a@b.c") == "send_report-weekly-to-a-b-c"


def test_those_in_force_become_units(bundle: Bundle) -> None:
    sealed = {"services.worker": "celery worker", "services.beat": "celery beat", "timers.clearsessions": "daily"}
    manifest = bundle.manifest._replace(sealed=sealed)
    variables = {"PROJECT__SERVICES__BEAT": "", "PROJECT__SERVICES__MAIL": "send_mails"}
    given = ["--config", "/dev/null", "--set", "timers.send_report --to a@b.c=Mon 06:00"]
    configuration = load_levels(manifest, split(given), variables, 0)
    assert configuration.problems == ()
    site = Site.of(bundle, configuration)
    assert site.services == (
        Service("worker", ("pyz", "service", "worker"), 600),
        Service("mail", ("pyz", "service", "mail"), 600),
    )
    assert site.timers == (
        Timer("clearsessions", ("clearsessions",), "daily"),
        Timer("send_report-to-a-b-c", ("send_report", "--to", "a@b.c"), "Mon 06:00"),
    )


def test_nothing_is_a_unit_that_nobody_named(manifest: Manifest, bundle: Bundle) -> None:
    site = Site.of(bundle, load_levels(manifest, split(["--config", "/dev/null"]), {}, 0))
    assert (site.services, site.timers) == ((), ())
