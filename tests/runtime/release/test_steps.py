"""Steps are taken where they are left, told, and say what failed."""

from __future__ import annotations

import pytest

from django_pyz_runtime.release.install.steps import Step, always, take


def test_each_step_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    made: list[str] = []

    def switch() -> str:
        made.append("switch")
        return "to 1.4"

    steps = [
        Step("file", lambda: True, lambda: made.append("file")),
        Step("folder", lambda: False, lambda: made.append("folder"), "made"),
        always("switch", switch),
        always("ready", lambda: ""),
    ]
    begun: list[str] = []
    take(steps, begin=lambda step: begun.append(step.what))
    assert capsys.readouterr().out == "file: is in place\nfolder: made\nswitch: to 1.4\n"
    assert (made, begun) == (["folder", "switch"], ["file", "folder", "switch", "ready"])
    take(steps[:2], only_print=True)
    assert capsys.readouterr().out == "file: is in place\nfolder: would be made\n"
    assert made == ["folder", "switch"]


@pytest.mark.parametrize("error", [OSError("full"), SystemExit(143)])
def test_what_fails_is_told_by_whoever_asks(error: BaseException) -> None:
    def fail() -> str:
        raise error

    with pytest.raises(ValueError, match="switch"):
        take([always("switch", fail)], failed=lambda step, _: ValueError(step.what))
    with pytest.raises(type(error)):
        take([always("switch", fail)])
