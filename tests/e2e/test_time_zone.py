"""A machine without time zone data: the start says so, unless the bundle has brought it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zoneinfo import TZPATH

import pytest

from tests.e2e.harness import Machine
from tests.e2e.reload.releases import put_in_place
from tests.waiting import DEADLINE_SECONDS

NONE_HERE = {"PYTHONTZPATH": ""}


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
@pytest.mark.parametrize("option", [[], ["--check"]])
def test_a_site_whose_time_zone_is_unknown_is_refused(interface: str, option: list[str], released: Machine) -> None:
    done = released.run(
        "runserve", "--bind", "127.0.0.1:0", *option, "--set", f"serve.interface={interface}", **NONE_HERE
    )
    assert done.returncode == 2
    assert "TIME_ZONE: this machine has no data of the time zone 'Europe/Berlin'" in done.stderr
    assert "add tzdata to the project's requirements" in done.stderr
    assert "Traceback" not in done.stderr


def test_with_tzdata_among_its_requirements_it_is_served(released: Machine, releases: dict[str, Path]) -> None:
    put_in_place(releases["second"], released.executable)
    with released.serving(**NONE_HERE) as server:
        assert server.get("/-/ready").status == 200
        assert server.get("/zone").text in ("CET", "CEST")


def test_a_site_that_does_without_needs_no_data(released: Machine) -> None:
    with released.serving("--set", "settings.USE_TZ=false", **NONE_HERE) as server:
        assert server.get("/").status == 200


def test_another_wsgi_server_is_told_as_well(released: Machine) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from django_pyz_runtime.launcher import wsgi_application; "
        "wsgi_application(sys.argv[1])"
    )
    environment = {**released.environment, **NONE_HERE}
    # Its own packages, which may have tzdata, are left out.
    command = [sys.executable, "-S", "-c", code, str(released.executable)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "this machine has no data of the time zone" in done.stderr


@pytest.mark.needs("unshare", "root")
def test_a_zone_that_the_system_s_folder_lacks_is_told_and_another_one_can_be_set(
    released: Machine, releases: dict[str, Path]
) -> None:
    put_in_place(releases["second"], released.executable)
    folders = " ".join(TZPATH)
    hide = f"for folder in {folders}; do [ ! -d $folder ] || mount -t tmpfs none $folder || exit; done; "
    hide = f"data=$(base64 -w0 /usr/share/zoneinfo/UTC); {hide} echo $data | base64 -d > /usr/share/zoneinfo/UTC; "
    command = ["unshare", "--mount", "sh", "-c", hide + 'exec "$@"', "sh", str(released.executable), "runserve"]
    environment = released.environment
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=DEADLINE_SECONDS)
    assert (done.returncode, done.stdout) == (2, "")
    assert "TIME_ZONE: /usr/share/zoneinfo on this machine has no time zone 'Europe/Berlin'" in done.stderr
    assert "set [settings] TIME_ZONE" in done.stderr
    assert "Traceback" not in done.stderr
    command += ["--check", "--set", "settings.TIME_ZONE=UTC"]
    assert subprocess.run(command, env=environment, capture_output=True).returncode == 0
