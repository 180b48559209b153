"""Which files below a folder of static files may be served."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz_runtime.static.serving import servable_files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with files in two folders, beside a folder whose name begins as its own does."""
    for name in ("static/a/x", "static/b/y", "static-secret/z"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    return tmp_path / "static"


def names(root: Path) -> set[str]:
    return {str(Path(path).relative_to(root)) for path, _ in servable_files(str(root))}


@pytest.mark.parametrize("target", ["../../static-secret", "../../static-secret/z", "/etc/passwd", "../..", "/"])
def test_a_link_that_leads_out_is_passed_over_and_named(
    target: str, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (root / "a/link").symlink_to(target)
    assert names(root) == {"a/x", "b/y"}
    [message] = caplog.messages
    assert message == f"static file {root}/a/link is not served: it is a link that leads out of the folder"


def test_a_link_to_a_link_that_leads_out_is_passed_over(root: Path) -> None:
    (root / "a/link").symlink_to("../b/link")
    (root / "b/link").symlink_to("/etc/passwd")
    assert names(root) == {"a/x", "b/y"}


def test_links_in_a_circle_come_to_an_end(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    (root / "a/b").symlink_to("../b")
    (root / "b/a").symlink_to("../a")
    (root / "a/top").symlink_to("..")
    (root / "a/self").symlink_to("self")
    assert {"a/x", "b/y", "a/b/y", "b/a/x"} <= names(root)
    assert {message.rpartition("leads ")[2] for message in caplog.messages} == {
        "back to a folder that it is in",
        "nowhere",
    }


def test_a_link_to_nothing_is_passed_over(root: Path) -> None:
    (root / "a/link").symlink_to("gone")
    assert names(root) == {"a/x", "b/y"}


def test_a_compressed_form_that_leads_out_is_none(root: Path) -> None:
    (root / "a/x.gz").symlink_to("/etc/passwd")
    assert names(root) == {"a/x", "b/y"}
