"""`runserve` runs one version of gunicorn; everything else finds the one that the project pins, or none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from django_pyz.dependencies.install import GUNICORN
from django_pyz_runtime.bundle.manifest import SERVER_FOLDER
from tests.e2e.harness import Machine, wait_for_line
from tests.e2e.reload.releases import FILES, build
from tests.unpacked import unpacked

OURS = GUNICORN.partition("==")[2]
SETTINGS = FILES["shop/settings.py"] + (
    'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/tmp/unused"}}\n'
)
SEE = """
from importlib import metadata
try:
    import gunicorn
    found = [gunicorn.__version__, metadata.version("gunicorn"), type(gunicorn.__loader__).__name__]
except ImportError:
    found = ["none"]
with open(@SEEN@, "a") as file:
    print(*found, file=file)
"""
"""Local settings, which every process runs that has settings."""
OWN_WORKER = """
from gunicorn import __version__
from gunicorn.workers.gthread import ThreadWorker


class Own(ThreadWorker):
    def init_process(self):
        self.log.info("own worker in gunicorn %s", __version__)
        super().init_process()
"""
Sees = Callable[[], list[str]]


@pytest.fixture(scope="module")
def old(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that pins an old gunicorn, and has libraries for its workers."""
    requirements = (
        "Django==5.2.19\ngunicorn==20.1.0\nsetuptools==69.5.1\ngevent==25.9.1\nuvicorn==0.34.0\nuvicorn-worker==0.3.0\n"
    )
    changes = {"requirements.txt": requirements, "shop/workers.py": OWN_WORKER, "shop__settings": SETTINGS}
    return build(checkout, tmp_path_factory.mktemp("old"), "old", **changes)


def machine_with(bundle: Path, folder: Path, shared_cache: Path) -> Machine:
    machine = Machine(folder, bundle, "shop")
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    local = folder / "local.py"
    local.write_text(SEE.replace("@SEEN@", repr(str(folder / "seen"))))
    machine.configure(
        f"[project]\nlocal_settings = {local}\n[settings]\nDATABASES.default.NAME = {folder}/db.sqlite3\n"
        "[serve]\nworkers = 1\n"
    )
    return machine


@pytest.fixture
def shop(old: Path, tmp_path: Path, shared_cache: Path) -> Machine:
    """A machine with it, on which each process notes which gunicorn it sees."""
    return machine_with(old, tmp_path, shared_cache)


@pytest.fixture
def sees(shop: Machine) -> Sees:
    """What has been noted since this was asked last."""

    def take() -> list[str]:
        lines = (shop.folder / "seen").read_text().splitlines()
        (shop.folder / "seen").unlink()
        return lines

    return take


PROJECTS = "20.1.0 20.1.0 _Loader"
SERVERS = f"{OURS} {OURS} _Loader"
"""Version, metadata, and that the module came from the index."""


def test_commands_programs_and_children_find_the_project_s(shop: Machine, sees: Sees) -> None:
    shop.succeed("check")
    assert sees() == [PROJECTS]
    shop.succeed("pyz", "exec", "python", "manage.py", "check")
    assert sees() == [PROJECTS]
    assert shop.succeed("pyz", "exec", "gunicorn", "--version") == "gunicorn (version 20.1.0)\n"
    with shop.started("pyz", "exec", "gunicorn", "--bind", "127.0.0.1:0", "shop.wsgi") as server:
        server.url = wait_for_line(server, r"Listening at: (http://\S+)")
        assert server.get("/").status == 200
    assert set(sees()) == {PROJECTS}


def test_the_server_and_its_check_find_the_bundle_s(shop: Machine, sees: Sees) -> None:
    shop.succeed("migrate", "--verbosity", "0")
    assert sees() == [PROJECTS]
    shop.succeed("runserve", "--check")
    assert sees() == [SERVERS]
    with shop.serving() as server:
        assert server.get("/").text.startswith("old hello")
        assert f"Starting gunicorn {OURS}" in server.said
    assert sees() == [SERVERS]


def test_migrate_is_the_project_s_before_it_serves(shop: Machine, sees: Sees) -> None:
    with shop.serving("--migrate") as server:
        assert server.get("/").status == 200
    assert sees() == [PROJECTS, SERVERS]


def test_the_check_of_the_configuration_asks_the_bundle_s_and_imports_the_settings_with_the_project_s(
    shop: Machine, sees: Sees
) -> None:
    shop.succeed("pyz", "config", "check", "--set", "gunicorn.http2_cleartext=off")
    assert sees() == [PROJECTS]
    # Known to gunicorn 22 alone.
    done = shop.run("--set", "gunicorn.tolerate_dangerous_framing=true", "pyz", "config", "check")
    assert done.stderr == (
        f"shop.pyz: --set gunicorn.tolerate_dangerous_framing: [gunicorn] tolerate_dangerous_framing: gunicorn {OURS} "
        "has no such setting\n"
    )


@pytest.mark.parametrize(
    ("worker", "said"),
    [
        ("gevent", "Using worker: gevent"),
        ("gunicorn.workers.ggevent.GeventWorker", "Using worker: gunicorn.workers.ggevent.GeventWorker"),
        ("uvicorn.workers.UvicornWorker", "Using worker: uvicorn.workers.UvicornWorker"),
        ("uvicorn_worker.UvicornWorker", "Using worker: uvicorn_worker.UvicornWorker"),
        ("shop.workers.Own", f"own worker in gunicorn {OURS}"),
        ("asgi", "Using worker: AsgiWorker"),
    ],
)
def test_worker_classes_of_others_work_with_it(worker: str, said: str, shop: Machine) -> None:
    with shop.serving("--migrate", "--set", f"gunicorn.worker_class={worker}") as server:
        assert server.get("/").text.startswith("old hello")
        wait_for_line(server, said)
        assert server.stop() == 0
    assert "Traceback" not in server.said


def test_one_that_gunicorn_has_dropped_is_told_in_a_line_with_what_to_do(shop: Machine) -> None:
    done = shop.run("runserve", "--set", "gunicorn.worker_class=eventlet")
    assert (done.returncode, done.stdout) == (2, "")
    [problem, hint] = done.stderr.splitlines()
    assert f"worker_class 'eventlet' cannot be loaded: gunicorn {OURS} has no such worker" in problem
    assert "Set another in [gunicorn] worker_class" in hint
    shop.succeed("migrate", "--verbosity", "0")
    shop.succeed("runserve", "--check", "--set", "gunicorn.worker_class=gthread")


def test_both_versions_are_listed(shop: Machine) -> None:
    listed = json.loads(shop.succeed("pyz", "info", "--sbom"))["components"]
    assert [package["version"] for package in listed if package["name"] == "gunicorn"] == ["20.1.0", OURS]
    assert f"gunicorn        {OURS}, the project's own 20.1.0\n" in shop.succeed("pyz", "info")


@pytest.fixture(scope="module")
def same(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that pins the version that serves."""
    changes = {"requirements.txt": f"Django==5.2.19\n{GUNICORN}\n", "shop__settings": SETTINGS}
    return build(checkout, tmp_path_factory.mktemp("same"), "same", **changes)


def test_the_same_version_is_stored_and_unpacked_once(same: Path, tmp_path: Path) -> None:
    tree = unpacked(same, tmp_path / "tree")
    own = tree / "site-packages" / "gunicorn"
    files = [path for path in own.rglob("*") if path.is_file() and path.stat().st_size]
    copies = [tree / "site-packages" / SERVER_FOLDER / "gunicorn" / path.relative_to(own) for path in files]
    assert len(files) > 50
    assert [path for path, copy in zip(files, copies, strict=True) if not os.path.samefile(path, copy)] == []
    [code] = tree.glob("bytecode/*/gunicorn.code")
    assert code.samefile(code.parent / SERVER_FOLDER / "gunicorn.code")


def test_the_same_version_is_listed_once(same: Path, tmp_path: Path, shared_cache: Path) -> None:
    machine = machine_with(same, tmp_path, shared_cache)
    listed = json.loads(machine.succeed("pyz", "info", "--sbom"))["components"]
    assert [package["version"] for package in listed if package["name"] == "gunicorn"] == [OURS]


@pytest.fixture
def none_pinned(releases: dict[str, Path], tmp_path: Path, shared_cache: Path) -> Machine:
    """A machine with a site that has no gunicorn of its own."""
    return machine_with(releases["first"], tmp_path, shared_cache)


def test_a_project_without_one_finds_none_but_the_program(none_pinned: Machine) -> None:
    machine = none_pinned
    machine.configure("[serve]\nworkers = 1\n")
    see = "from importlib.util import find_spec; print(find_spec('gunicorn'))"
    assert machine.succeed("shell", "-v", "0", "-c", see) == "None\n"
    assert machine.succeed("pyz", "exec", "python", "-c", see) == "None\n"
    assert machine.succeed("pyz", "exec", "gunicorn", "--version") == f"gunicorn (version {OURS})\n"
    by_name = "import subprocess; print(subprocess.check_output(['gunicorn', '--version'], text=True), end='')"
    assert machine.succeed("pyz", "exec", "python", "-c", by_name) == f"gunicorn (version {OURS})\n"
    with machine.started("pyz", "exec", "gunicorn", "--bind", "127.0.0.1:0", "shop.wsgi") as server:
        server.url = wait_for_line(server, r"Listening at: (http://\S+)")
        assert server.get("/").text.startswith("first hello")
