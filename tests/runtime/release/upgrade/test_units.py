"""What is said of units that an upgrade has written."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz_runtime.release.upgrade.units import told


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], []),
        (["shop-huey.service"], ["shop-huey.service written"]),
        (
            ["shop.service"],
            ["shop.service written", "shop.service: effective after `systemctl restart shop.service`"],
        ),
        (
            ["shop.service", "shop.socket"],
            [
                "shop.service, shop.socket written",
                "shop.service, shop.socket: effective after `systemctl restart shop.target`",
            ],
        ),
    ],
)
def test_a_restart_is_named_that_loses_as_little_as_can_be(names: list[str], said: list[str]) -> None:
    assert list(told("shop", [Path("/usr/lib/systemd/system", name) for name in names], [])) == said
