"""A file that systemd reads shows whether somebody has changed it."""

from __future__ import annotations

import pytest

from django_pyz_runtime.release.files.files import enabled_units, is_as_written, service_units, system_files
from django_pyz_runtime.release.files.site import Service, Site, Timer

SITE = Site(
    "shop",
    "shop",
    services=(Service("worker", ("pyz", "service", "worker")),),
    timers=(Timer("tidy", ("tidy",), "daily"),),
)


def test_each_file_is_as_it_was_written_until_it_is_changed() -> None:
    for file in system_files(SITE):
        assert is_as_written(file.text), file.place
        lines = file.text.splitlines(keepends=True)
        assert not is_as_written(file.text + "# mine\n")
        assert not is_as_written("".join(lines[:-1]))
        assert not is_as_written("".join([lines[0].upper(), *lines[1:]]))


@pytest.mark.parametrize("text", ["", "\n", "[Unit]\n"])
def test_what_nobody_has_sealed_is_not_ours(text: str) -> None:
    assert not is_as_written(text)


def test_services_are_what_runs_beside_the_server() -> None:
    files = system_files(SITE)
    assert service_units(SITE, files) == ["shop-worker.service"]
    assert set(enabled_units(files)) == {
        *("shop.service", "shop.socket", "shop.target", "shop-worker.service", "shop-tidy.timer")
    }
