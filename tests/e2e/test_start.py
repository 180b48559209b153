"""The first start and every later one: where the tree goes, who may have written it, what is kept over a new build."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.e2e.harness import Machine, request
from tests.waiting import DEADLINE_SECONDS

NOBODY = 65534


@pytest.fixture
def fresh(machine: Machine) -> Machine:
    """A machine on which nothing has been unpacked yet."""
    machine.environment["CACHE_DIRECTORY"] = str(machine.folder / "cache")
    return machine


def only_tree(machine: Machine) -> Path:
    """The one tree in the cache."""
    [tree] = (machine.folder / "cache").iterdir()
    return tree


def test_the_tree_is_read_only(fresh: Machine) -> None:
    fresh.succeed("check")
    paths = [path for path in only_tree(fresh).rglob("*") if not path.is_symlink()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} <= {0o444, 0o555}


def test_nothing_is_compiled_on_the_server(fresh: Machine) -> None:
    """What compiles raises an audit event, with the source; the code of the commands given here is all there is."""
    program = """
import sys

compiled = []
sys.addaudithook(lambda event, found: event == "compile" and found[0] and compiled.append(str(found[1])))
import django.contrib.auth.views, crashstats.views, crashstats.urls, whitenoise.base, django.forms.models
print([name for name in compiled if "/site-packages/" in name or "/__project__/" in name])
"""
    assert fresh.succeed("shell", "-v", "0", "-c", program) == "[]\n"
    assert list(only_tree(fresh).rglob("*.pyc")) == []


def test_ten_first_starts_at_once_all_succeed_with_one_tree(fresh: Machine) -> None:
    command = [str(fresh.executable), "check"]
    started = [
        subprocess.Popen(command, cwd="/", env=fresh.environment, text=True, stdout=PIPE, stderr=PIPE)
        for _ in range(10)
    ]
    outcomes = [(process.communicate(timeout=DEADLINE_SECONDS)[1], process.returncode) for process in started]
    assert [code for _, code in outcomes] == [0] * 10
    told = {line for said, _ in outcomes for line in said.splitlines()}
    assert all("waiting for another process that is unpacking to " in line for line in told), told
    only_tree(fresh)


def test_the_file_may_be_renamed_without_unpacking_again(fresh: Machine) -> None:
    fresh.succeed("check")
    made = only_tree(fresh).stat().st_mtime_ns
    renamed = fresh.folder / "another-name"
    shutil.copy(fresh.executable, renamed)
    fresh.executable = renamed
    fresh.succeed("check")
    assert only_tree(fresh).stat().st_mtime_ns == made


def test_a_tree_that_others_can_write_is_not_used(fresh: Machine) -> None:
    fresh.succeed("check")
    tree = only_tree(fresh)
    fresh.environment["PROJECT__PROJECT__CACHE_DIR"] = str(fresh.folder / "next")
    tree.chmod(0o777)
    done = fresh.run("check")
    assert done.returncode == 0
    assert f"not using {tree}: {tree} can be written by other users (mode 0777)" in done.stderr
    assert f"using {fresh.folder / 'next'}" in done.stderr


@pytest.mark.needs("root")
def test_root_does_not_run_what_another_user_unpacked(fresh: Machine) -> None:
    fresh.succeed("check")
    tree = only_tree(fresh)
    fresh.environment["PROJECT__PROJECT__CACHE_DIR"] = str(fresh.folder / "next")
    os.chown(tree, NOBODY, NOBODY)
    done = fresh.run("shell", "-v", "0", "-c", "import django; print(django.__file__)")
    assert done.returncode == 0
    assert str(tree) not in done.stdout
    assert f"{tree} is owned by user id {NOBODY}" in done.stderr


def test_the_next_place_is_taken_where_the_first_cannot_be_used(fresh: Machine) -> None:
    fresh.environment["CACHE_DIRECTORY"] = "/proc/nosuch"
    fresh.environment["PROJECT__PROJECT__CACHE_DIR"] = str(fresh.folder / "cache")
    fresh.succeed("check")
    only_tree(fresh)


def test_the_configuration_names_the_place(fresh: Machine) -> None:
    del fresh.environment["CACHE_DIRECTORY"]
    fresh.configure(f"[project]\ncache_dir = {fresh.folder}/cache\n")
    fresh.succeed("check")
    only_tree(fresh)


def test_a_file_with_a_flipped_bit_is_refused_and_leaves_nothing(fresh: Machine) -> None:
    content = bytearray(fresh.executable.read_bytes())
    content[len(content) // 2] ^= 1
    broken = fresh.folder / "broken"
    broken.write_bytes(content)
    broken.chmod(0o755)
    done = subprocess.run([str(broken), "check"], env=fresh.environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert "the file is damaged" in done.stderr
    assert list((fresh.folder / "cache").iterdir()) == []


def test_data_and_uploads_are_still_there_with_a_new_build(
    migrated: Machine, checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    upload = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    fields = {b"product": b"Firefox", b"version": b"1.0", b"signature": b"kept", b"platform": b"Linux"}
    body = b"".join(upload % item for item in {**fields, b"time": b"2026-11-20T12:00:00Z"}.items())
    body += b'--b\r\nContent-Disposition: form-data; name="minidump"; filename="a.dmp"\r\n\r\nMDMP-kept\r\n--b--\r\n'
    with migrated.serving("--workers", "1") as server:
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        assert request(server.url + "/submit/", "POST", body, headers).status == 201
    project = tmp_path_factory.mktemp("next") / "project"
    shutil.copytree(checkout / "src/project", project)
    changed = project / "crashstats" / "apps.py"
    changed.write_text(changed.read_text() + "\n# The next release.\n")
    output = project.parent / "project-script"
    build = [sys.executable, str(checkout / "build_pyz.py"), str(project), "-o", str(output)]
    subprocess.run(build, check=True, capture_output=True)
    before = migrated.succeed("pyz", "info")
    migrated.executable = output
    assert migrated.succeed("pyz", "info") != before
    with migrated.serving("--workers", "1") as server:
        assert "kept" in server.get("/signature/?product=Firefox&signature=kept").text
    [minidump] = migrated.data.glob("media/**/*.dmp")
    assert minidump.read_bytes() == b"MDMP-kept"
