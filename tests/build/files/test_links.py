"""Links are judged by what they point to, and what is no file is not read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from django_pyz.files import links, working_copy
from django_pyz.files.rules import NO_TEXT, UNTRACKED
from django_pyz.files.selection import Selection, add_build_output, select
from django_pyz.options import Options
from django_pyz_runtime.errors import UserError
from tests.build.trees import commit_all, git, write_tree


def _names(selection: Selection) -> list[str]:
    return [path.as_posix() for path in selection.files]


def _select(root: Path, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> Selection:
    return select(root, Options(include=include, exclude=exclude))


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A project, and files outside it."""
    write_tree(tmp_path / "outside", {"pgpass": "db:5432:shop:shop:pw", "folder/a.txt": "", "more/b.txt": ""})
    return write_tree(tmp_path / "shop", {"manage.py": "", "conf/app.ini": "", "data/.env": "KEY=1", "notes.txt": "n"})


@pytest.mark.parametrize("with_git", [True, False])
def test_all_links_out_of_the_project_are_refused_and_each_option_that_is_named_helps(
    linked: Path, with_git: bool
) -> None:
    (linked / "conf" / "login").symlink_to("../../outside/pgpass")
    (linked / "users").symlink_to("/etc/passwd")
    (linked / "shared").symlink_to(linked.parent / "outside" / "folder")
    if with_git:
        commit_all(linked)

    with pytest.raises(UserError) as raised:
        _select(linked)

    assert raised.value.problems == (
        "these links lead out of the project, to files of this machine:",
        f"  conf/login -> {linked.parent}/outside/pgpass",
        f"  shared -> {linked.parent}/outside/folder",
        "  users -> /etc/passwd",
    )
    assert "--exclude conf/login" in raised.value.hint
    assert "--include conf/login" in raised.value.hint
    selection = _select(linked, include=("conf/login", "shared/"), exclude=("users",))
    assert {"conf/login", "shared/a.txt"} < set(_names(selection))
    assert "users" not in _names(selection)
    assert not {Path("users"), Path("conf/login")}.intersection(selection.for_building)


def test_an_included_folder_does_not_include_the_links_out_of_it(linked: Path) -> None:
    (linked / "conf" / "login").symlink_to("../../outside/pgpass")

    with pytest.raises(UserError, match="this link leads out"):
        _select(linked, include=("conf", "*login"))


def test_a_link_that_is_included_does_not_include_the_links_behind_it(linked: Path) -> None:
    (linked / "shared").symlink_to("../outside/folder")
    (linked.parent / "outside" / "folder" / "deeper").symlink_to("../more")

    with pytest.raises(UserError, match=r"shared/deeper -> "):
        _select(linked, include=("shared",))
    names = _names(_select(linked, include=("shared", "shared/deeper")))
    assert {"shared/a.txt", "shared/deeper/b.txt"} < set(names)


def test_a_link_that_is_left_out_may_lead_anywhere(linked: Path) -> None:
    (linked / ".env").symlink_to("/etc/passwd")
    (linked / "media").symlink_to("/usr/share")
    (linked / "node_modules").symlink_to("/usr/lib")
    commit_all(write_tree(linked, {".gitignore": "other\n.env\nmedia\nnode_modules\n"}))
    (linked / "other").symlink_to("/usr/share/doc")
    git(linked, "rm", "--quiet", "--cached", "media", "node_modules")

    assert {"other/", ".env", "media/", "node_modules/"} < set(_select(linked).exclusions)


@pytest.mark.parametrize(
    ("target", "reason"),
    [("data/.env", "secrets"), ("ignored.txt", UNTRACKED), ("media/photo.jpg", "uploads"), ("docs/a.md", "excluded")],
)
def test_a_tracked_link_is_judged_by_what_it_points_to(linked: Path, target: str, reason: str) -> None:
    write_tree(linked, {".gitignore": "ignored.txt\nmedia\n", "docs/a.md": ""})
    (linked / "plain").symlink_to(target)
    commit_all(linked)
    write_tree(linked, {"ignored.txt": "", "media/photo.jpg": ""})

    selection = _select(linked, exclude=("docs",))

    assert "plain" not in _names(selection)
    assert selection.exclusions["plain"] == reason
    assert Path("plain") not in selection.for_building or reason == "excluded"
    assert "plain" in _names(_select(linked, include=("plain",)))


def test_in_a_tracked_link_to_a_folder_each_file_is_judged(linked: Path) -> None:
    (linked / "settings").symlink_to("conf")
    commit_all(write_tree(linked, {".gitignore": "local.ini\n"}))
    write_tree(linked, {"conf/local.ini": "", "conf/.env": ""})

    selection = _select(linked)

    assert "settings/app.ini" in _names(selection)
    assert selection.exclusions["settings/local.ini"] == UNTRACKED


def test_a_tracked_link_into_the_packages_of_a_front_end_build_goes_in(linked: Path) -> None:
    (linked / "static").mkdir()
    (linked / "static" / "lib").symlink_to("../node_modules/lib")
    commit_all(linked)
    write_tree(linked, {"node_modules/lib/lib.js": "", "node_modules/lib/.env": ""})

    names = _names(_select(linked))

    assert "static/lib/lib.js" in names
    assert "static/lib/.env" not in names


def _special_files(folder: Path) -> dict[str, str]:
    """Make some, and return them with their reasons."""
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "socket"))
    targets = {"dead": "gone", "circle": "circle", "zero": "/dev/zero", "to-pipe": "pipe", "dead-outside": "/nowhere/x"}
    for name, target in {**targets, "self": "/proc/self", "environ": "/proc/self/environ"}.items():
        (folder / name).symlink_to(target)
    return {
        "pipe": "named pipe",
        "to-pipe": "named pipe",
        "socket": "socket",
        "dead": links.DEAD,
        "dead-outside": links.DEAD,
        "circle": links.CIRCLE,
        "zero": "device",
        "self/": links.SYSTEM,
        "environ": links.SYSTEM,
    }


@pytest.mark.parametrize("suffix", ["", ".pem", ".db", ".txt"])
def test_what_is_no_file_is_left_out_and_not_read_even_where_it_is_included(linked: Path, suffix: str) -> None:
    reasons = _special_files(linked)
    os.mkfifo(linked / f"pipe{suffix}.pem")

    for include in ((), ("*",)):
        selection = _select(linked, include=include)
        assert reasons.items() < selection.exclusions.items()
        assert selection.exclusions[f"pipe{suffix}.pem"] == "named pipe"
        assert "manage.py" in _names(selection)


def test_folders_full_of_links_to_each_other_have_an_end(linked: Path) -> None:
    names = [f"folder{number}" for number in range(6)]
    for name in names:
        write_tree(linked, {f"{name}/file.txt": ""})
        for other in names:
            (linked / name / other).symlink_to(f"../{other}")

    selection = _select(linked)

    assert "folder0/folder1/file.txt" in _names(selection)
    assert links.NESTED in selection.exclusions.values()


def test_a_name_that_is_no_text_is_told(linked: Path) -> None:
    (linked / os.fsdecode(b"caf\xe9.txt")).write_text("")
    commit_all(linked)

    assert _select(linked).exclusions == {".git/": "version control", "data/.env": "secrets", "caf\\xe9.txt": NO_TEXT}


def test_a_link_whose_target_the_build_commands_make_is_judged_afterwards(linked: Path, tmp_path: Path) -> None:
    for name, target in {
        "lib": "node_modules/lib",
        "app.js": "dist/app.js",
        "gone": "nowhere",
        "out": "/nowhere",
    }.items():
        (linked / name).symlink_to(target)
    commit_all(linked)
    options = Options(build_commands=("make",))
    selection = select(linked, options)
    assert {selection.exclusions[name] for name in ("lib", "app.js", "gone", "out")} == {links.DEAD}
    copy = working_copy.make(linked, selection.files, tmp_path / "source", selection.links)
    write_tree(copy, {"node_modules/lib/lib.js": "", "node_modules/lib/.env": "", "dist/app.js": ""})

    found = add_build_output(selection, copy, options)

    assert {"lib/lib.js", "app.js", "dist/app.js"} < set(_names(found))
    assert "lib/.env" not in _names(found)
    assert {name for name, why in found.exclusions.items() if why == links.DEAD} == {"gone", "out"}


def test_a_link_that_a_build_command_makes_does_not_lead_out(linked: Path, tmp_path: Path) -> None:
    selection = select(linked, Options())
    copy = working_copy.make(linked, selection.files, tmp_path / "source")
    (copy / "dist").symlink_to("/etc")

    with pytest.raises(UserError, match="dist -> /etc"):
        add_build_output(selection, copy, Options())
