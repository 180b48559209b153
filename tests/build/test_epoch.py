"""The time that is written into what a build makes."""

from __future__ import annotations

import pytest

from django_pyz.epoch import source_date_epoch
from django_pyz_runtime.errors import UserError


@pytest.mark.parametrize(
    ("given", "epoch"),
    [("", 315532800), ("1700000000", 1700000000), ("0", 315532800)],
)
def test_the_time_is_that_of_source_date_epoch_or_the_earliest(given: str, epoch: int) -> None:
    assert source_date_epoch({"SOURCE_DATE_EPOCH": given}) == epoch


@pytest.mark.parametrize("given", ["yesterday", "-5", "²", "99999999999"])
def test_a_time_that_no_zip_file_can_hold_is_refused(given: str) -> None:
    with pytest.raises(UserError, match=f"SOURCE_DATE_EPOCH: wanted seconds since 1970, .* found '{given}'"):
        source_date_epoch({"SOURCE_DATE_EPOCH": given})
