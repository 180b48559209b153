"""What single trees of tests/projects show: child processes, workers, choices that cannot be made, keys and secrets."""

from __future__ import annotations

import base64
import contextlib
import random
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from django_pyz_runtime.bundle.names import env_prefix
from tests.conftest import CHECKOUT
from tests.e2e.corpus.cases import Case, build, make_machine
from tests.e2e.corpus.sources import Source, scratch_folder
from tests.e2e.harness import Machine, wait_for_line
from tests.e2e.http.websocket import WebSocket
from tests.e2e.redis_server import redis_server
from tests.unpacked import unpacked

BLUE = ("--set", "settings.COLOUR=blue")
ALL_BLUE = """\
manage.py colour blue
sys.executable -m colour blue
python -m colour blue
console script colour blue
manage.py colour blue
manage.py colour blue
spawn colour blue
"""
VARIABLES = """\
SECRET_KEY (shop/settings.py:18)
SHOP_OWNER (shop/settings.py:22)
Optional:
DATABASE_URL = 'sqlite://:memory:' (shop/settings.py:21, url)
SHOP_CACHE_TOKEN = '' (shop/settings.py:27, text)
SHOP_CDN = None (shop/parts/live.py:1)
SHOP_DEBUG = '0' (shop/settings.py:19, bool)
SHOP_DECOUPLE_ADMINS = 'a,b' (shop/parts/libraries.py:15, list)
SHOP_ENVIRONS_PORT = 25 (shop/parts/libraries.py:18, int)
SHOP_ENVIRON_HOSTS = [] (shop/parts/libraries.py:13, list)
SHOP_ENVIRON_REDIS = 'redis://localhost:6379/0' (shop/parts/libraries.py:14, url)
SHOP_ENVIRON_WORKERS = 3 (shop/parts/libraries.py:12, int)
SHOP_EVERETT_HOST = 'localhost' (shop/parts/libraries.py:20, text)
SHOP_FROM = None (shop/parts/classes.py:12, text)
SHOP_GOOD = False (shop/parts/classes.py:16, bool)
SHOP_MAIL_HOST = 'localhost' (shop/parts/classes.py:10, text)
SHOP_MAIL_PORTS = list() (shop/parts/classes.py:11, list)
SHOP_MISSED (shop/settings.py:32, if MISSES == 'os')
SHOP_MISSED_BY_DECOUPLE (shop/parts/libraries.py:29, in a lambda)
SHOP_MISSED_BY_ENVIRON (shop/parts/libraries.py:28, int, in a lambda)
SHOP_MISSED_BY_ENVIRONS (shop/parts/libraries.py:30, text, in a lambda)
SHOP_MISSED_BY_HELPER (shop/parts/libraries.py:34, in a lambda)
SHOP_MISSES = '' (shop/settings.py:20, text)
SHOP_NODE_A = None (shop/parts/libraries.py:25)
SHOP_NODE_B = None (shop/parts/libraries.py:25)
SHOP_PRETTYCONF_FLAG = False (shop/parts/libraries.py:21, bool)
SHOP_PROFILER = 'off' (shop/parts/development.py:1, text)
SHOP_SENDER = None (shop/parts/classes.py:12, text)
SHOP_SENTRY_DSN = None (shop/settings.py:28)
SHOP_SENTRY_RATE = '0.1' (shop/settings.py:29, float, if os.environ.get('SHOP_SENTRY_DSN'))
SHOP_SENTRY_STAGE (shop/settings.py:30, if os.environ.get('SHOP_SENTRY_DSN'))
SHOP_STAGE = 'live' (shop/settings.py:34, text)
SHOP_STARLETTE_TITLE = 'Shop' (shop/parts/libraries.py:23, text)
SHOP_VERBOSE = False (shop/parts/libraries.py:24, bool)
"""
Build = Callable[..., Machine]


@pytest.fixture(scope="module")
def built(checkout: Path) -> Iterator[Build]:
    """Builds a tree of tests/projects with the given options, and gives a machine with it."""
    folders = contextlib.ExitStack()

    def make(name: str, *options: str, settings: str = "") -> Machine:
        scratch = folders.enter_context(scratch_folder())
        case = Case(Source(name, "tree", f"tests/projects/{name}"), options=options, settings=settings)
        build(case, checkout, case.source.make(scratch), scratch / "release")
        return make_machine(case, scratch)

    with folders:
        yield make


@pytest.fixture(scope="module")
def children(built: Build) -> Machine:
    """A machine with the tree whose command starts other processes."""
    return built("children")


@pytest.fixture(scope="module")
def workers(built: Build, redis: str) -> Machine:
    """A machine with the tree that has workers, and a user in its database."""
    machine = built("workers", settings=f"[env]\nREDIS_URL = {redis}\n[settings]\nCOLOUR = blue\n")
    machine.succeed("migrate", "--verbosity", "0")
    machine.succeed(
        *("createsuperuser", "--noinput", "--username", "ada", "--email", "ada@example.org"),
        DJANGO_SUPERUSER_PASSWORD="difference-engine",
    )
    return machine


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis that keeps nothing."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


def build_says(checkout: Path, scratch: Path, name: str, *options: str, extra: dict[str, str] | None = None) -> str:
    """What a build says that must be refused.

    Args:
        checkout: whose build_pyz.py is used.
        scratch: an empty folder.
        name: a tree of tests/projects.
        options: of the build.
        extra: more files of the project, which git tracks.
    """
    folder = Source(name, "tree", f"tests/projects/{name}").make(scratch)
    for path, text in (extra or {}).items():
        (folder / path).write_text(text)
        subprocess.run(["git", "add", "--force", path], cwd=folder, check=True)
    command = [sys.executable, str(checkout / "build_pyz.py"), str(folder), "-o", str(scratch / "release"), *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=scratch)
    assert done.returncode == 2, f"{done.stdout}\n{done.stderr}"
    assert not (scratch / "release").exists()
    return done.stderr


def test_processes_that_the_project_starts_have_its_code_and_configuration(children: Machine) -> None:
    assert children.succeed(*BLUE, "children") == ALL_BLUE


def test_they_do_in_a_server_s_requests_and_without_python_on_the_path(children: Machine) -> None:
    # A service has a short PATH, on which there may be no "python" at all.
    folder = children.folder / "bin"
    folder.mkdir()
    for name in ("env", "sh", "uname"):
        (folder / name).symlink_to(shutil.which(name) or "")
    (folder / f"python3.{sys.version_info.minor}").symlink_to(Path(sys.executable).resolve())
    (folder / "python3").symlink_to(Path(sys.executable).resolve())
    assert children.succeed(*BLUE, "children", PATH=str(folder)) == ALL_BLUE


def test_a_console_script_of_the_project_is_run_by_exec(children: Machine) -> None:
    assert children.succeed(*BLUE, "pyz", "exec", "shop-tool", "a", "b") == "a b colour blue\n"


def test_a_script_of_the_project_is_found_from_any_folder(children: Machine) -> None:
    said = children.succeed(*BLUE, "pyz", "exec", "python", "-u", "manage.py", "colour")
    assert said == "manage.py colour blue\n"


def test_exec_names_the_programs_that_there_are(children: Machine) -> None:
    done = children.run("pyz", "exec", "shop-tol")
    assert done.returncode == 2
    assert "shop-tool" in done.stderr
    assert done.stdout == ""


@pytest.mark.needs("redis-server")
def test_a_celery_worker_has_the_settings_and_the_database(workers: Machine) -> None:
    command = ("pyz", "exec", "celery", "-A", "shop", "worker", "--concurrency", "1", "--loglevel", "INFO")
    with workers.started(*command) as worker:
        wait_for_line(worker, r"celery@\S+ ready")
        assert workers.succeed("ask_workers", "celery") == "celery blue 1\n", worker.said


@pytest.mark.needs("redis-server")
def test_a_huey_consumer_has_the_settings_and_the_database(workers: Machine) -> None:
    with workers.started("run_huey") as consumer:
        wait_for_line(consumer, "Huey consumer started")
        assert workers.succeed("ask_workers", "huey") == "huey blue 1\n", consumer.said


def test_settings_for_each_environment_are_listed_where_none_is_named(checkout: Path, tmp_path: Path) -> None:
    said = build_says(checkout, tmp_path, "per-environment")
    assert "shop.settings.production" in said
    assert "shop.settings.development" in said
    assert "--settings-module" in said


def test_a_missing_variable_is_named_by_the_build(checkout: Path, tmp_path: Path) -> None:
    said = build_says(checkout, tmp_path, "required-env", "--build-env", "SECRET_KEY=x")
    assert "ALLOWED_HOSTS" in said
    assert "--build-env" in said


def test_websockets_are_answered_though_the_project_pins_a_gunicorn_without_them(built: Build) -> None:
    machine = built("old-gunicorn-asgi", settings="[serve]\nworkers = 1\n")
    with machine.serving("--migrate") as server, WebSocket(server.url, "/ws/echo/") as connection:
        assert connection.status == 101
        connection.send("hello")
        assert connection.receive() == "hello"


def test_a_build_that_cannot_import_the_settings_takes_their_variables_from_the_source(built: Build) -> None:
    said = built("required-env", "--no-collectstatic").succeed("pyz", "config", "discover")

    assert [" ".join(line.split()) for line in said.splitlines()[1:]] == [
        "ALLOWED_HOSTS (shop/settings.py:10, list)",
        "DATABASE_URL (shop/settings.py:27, url)",
        "SECRET_KEY (shop/settings.py:8)",
        "SHOP_REGION (shop/settings.py:30)",
    ]


@pytest.fixture(scope="module")
def many_readers(built: Build) -> Machine:
    """A machine with the tree that reads variables with many libraries; one that must be set was given to the build."""
    return built("many-readers", "--build-env", "SHOP_OWNER=somebody")


def test_the_variables_of_the_settings_are_listed_whatever_reads_them(many_readers: Machine) -> None:
    title, *lines = many_readers.succeed("pyz", "config", "discover").splitlines()

    assert title.startswith("Required; set them in the section [env] of ")
    assert [" ".join(line.split()) for line in lines] == VARIABLES.splitlines()


@pytest.mark.parametrize(
    ("misses", "name", "also"),
    [
        ("os", "SHOP_MISSED", ""),
        ("environ", "SHOP_MISSED_BY_ENVIRON", ""),
        ("decouple", "SHOP_MISSED_BY_DECOUPLE", ""),
        ("environs", "SHOP_MISSED_BY_ENVIRONS", ""),
        ("everett", "SHOP_EVERETT_MISSED", ""),
        ("prettyconf", "SHOP_MISSED_BY_PRETTYCONF", ""),
        ("starlette", "SHOP_STARLETTE_MISSED_TOO", ""),
        ("must", "SHOP_MISSED_BY_HELPER", ""),
        ("pydantic", "SHOP_MISSED_BY_PYDANTIC", "SHOP_MISSED_TOO"),
    ],
)
def test_a_variable_that_a_library_misses_is_named_and_settings_ini_cures_it(
    many_readers: Machine, misses: str, name: str, also: str
) -> None:
    given = f"[env]\nSECRET_KEY = only-for-this-test\nSHOP_OWNER = somebody\nSHOP_MISSES = {misses}\n"
    many_readers.configure(given)
    done = many_readers.run("check")

    assert done.returncode == 2, done.stderr
    assert f"the settings need the variable {name} (shop/" in done.stderr
    assert f"Set {name} in the section [env] of {many_readers.folder}" in done.stderr
    assert (f"Also required: {also}" in done.stderr) == bool(also)
    assert "Traceback" not in done.stderr
    many_readers.configure(given + "".join(f"{item} = 1\n" for item in (name, also) if item))
    assert "no issues" in many_readers.succeed("check")


class _Bucket(ThreadingHTTPServer):
    """Another host that takes static files; it is asked with PUT."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _BucketHandler)
        self.files: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class _BucketHandler(BaseHTTPRequestHandler):
    server: _Bucket

    def do_PUT(self) -> None:
        """Keep a file."""
        self.server.files[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing."""


@pytest.fixture
def bucket() -> Iterator[_Bucket]:
    """Another host that takes static files."""
    with _Bucket() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_static_files_are_uploaded_by_collectstatic_and_not_by_the_build(
    checkout: Path, tmp_path: Path, bucket: _Bucket
) -> None:
    case = Case(Source("shop", "tree", "tests/projects/remote-static-storage"))
    given = (f"--build-env=BUCKET_URL={bucket.url}",)
    said = build(replace(case, options=given), checkout, case.source.make(tmp_path), tmp_path / "release")
    machine = make_machine(case, tmp_path)
    assert bucket.files == {}
    [note] = [line for line in said.splitlines() if "shop.storage.Bucket stores static files elsewhere" in line]
    assert "`shop collectstatic`" in note

    refused = machine.run("collectstatic", "--noinput", "--dir", "out", BUCKET_URL=bucket.url)
    assert (refused.returncode, bucket.files) == (2, {})
    hint = "Run `release collectstatic`, which uses that storage."
    assert refused.stderr.splitlines()[-1] == f"release: {hint}"

    machine.succeed("collectstatic", "--noinput", BUCKET_URL=bucket.url)
    assert bucket.files == {"/shop/site.css": b"body{}\n"}
    with machine.serving("--migrate", "--workers", "1") as server:
        assert server.get("/").text == "home"


@pytest.fixture(scope="module")
def writes_key(built: Build) -> Machine:
    """A machine with the tree whose settings write a key beside the code."""
    return built("writes-key")


def test_a_key_that_the_settings_wrote_for_the_build_is_not_shipped(writes_key: Machine, tmp_path: Path) -> None:
    tree = unpacked(writes_key.executable, tmp_path / "tree")
    assert list(tree.rglob("manage.py"))
    assert list(tree.rglob("secret.key")) == []


def test_a_key_that_the_settings_write_beside_the_code_is_kept_with_the_data(writes_key: Machine) -> None:
    said = writes_key.succeed("shell", "-v", "0", "-c", "from django.conf import settings; print(settings.SECRET_KEY)")
    assert (writes_key.data / "secret.key").read_text() == said.strip()
    in_code = [path for path in (writes_key.folder / "cache").rglob("secret.key") if not path.is_symlink()]
    assert in_code == [], "it is in the code, where the next release does not find it"


def test_to_check_settings_that_make_folders_leaves_no_trace_before_the_first_start(built: Build) -> None:
    machine = built("beside-code")
    cache = Path(machine.environment["CACHE_DIRECTORY"])
    for part in (["check"], ["show"], ["explain", "SEARCH_INDEX"]):
        machine.succeed("pyz", "config", *part)
    assert not machine.data.exists()
    assert {"logs", "index"}.isdisjoint(path.name for path in cache.glob("**/__project__/data/*"))
    machine.succeed("migrate", "--verbosity", "0")
    assert (machine.data / "data/shop.db").is_file()


def test_to_check_settings_that_make_folders_leaves_no_trace_after_it(built: Build) -> None:
    machine = built("beside-code")
    machine.succeed("migrate", "--verbosity", "0")
    shutil.rmtree(machine.data / "data/logs")
    before = {path: path.stat().st_mtime_ns for path in [machine.data, *machine.data.rglob("*")]}
    for part in (["check"], ["show"], ["explain", "SEARCH_INDEX"]):
        machine.succeed("pyz", "config", *part)
    assert {path: path.stat().st_mtime_ns for path in [machine.data, *machine.data.rglob("*")]} == before


def test_a_planted_private_key_stops_the_build(checkout: Path, tmp_path: Path) -> None:
    body = base64.encodebytes(random.Random(3).randbytes(1200)).decode()
    key = f"-----BEGIN RSA PRIVATE{' '}KEY-----\n{body}-----END RSA PRIVATE{' '}KEY-----\n"
    said = build_says(checkout, tmp_path, "flat", extra={"deploy.txt": key})
    assert "deploy.txt" in said
    assert "allow-secrets" in said


@pytest.mark.parametrize("with_git", [True, False])
def test_no_file_with_secrets_goes_in_with_or_without_git(checkout: Path, tmp_path: Path, with_git: bool) -> None:
    folder = Source("secret-names", "tree", "tests/projects/secret-names").make(tmp_path)
    if not with_git:
        shutil.rmtree(folder / ".git")
    command = [sys.executable, str(checkout / "build_pyz.py"), str(folder), "-o", str(tmp_path / "release")]
    done = subprocess.run([*command, "--no-collectstatic"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert ".envs/ (secrets)" in done.stdout or ".envs/.production/.django (secrets)" in done.stdout

    tree = unpacked(tmp_path / "release", tmp_path / "tree")
    secret = b"example-only"
    inside = [path for path in (tree / "__project__").rglob("*") if path.is_file()]
    assert {path.name for path in inside} >= {"manage.py", "settings.py"}
    assert [path for path in inside if secret in path.read_bytes()] == []


def test_the_option_that_is_named_for_a_file_that_was_left_out_helps(checkout: Path, tmp_path: Path) -> None:
    folder = Source("folder-named-media", "tree", "tests/projects/folder-named-media").make(tmp_path)
    shutil.rmtree(folder / ".git")
    command = [sys.executable, str(checkout / "build_pyz.py"), str(folder), "-o", str(tmp_path / "release")]
    refused = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert refused.returncode == 2
    [line] = [line for line in refused.stderr.splitlines() if "shop/local_settings.py (" in line]

    done = subprocess.run([*command, *line.split("): ")[1].split()], capture_output=True, text=True, cwd=tmp_path)

    assert done.returncode == 0, done.stderr


@pytest.mark.needs("npm")
def test_the_front_end_step_that_is_named_makes_what_templates_lack(checkout: Path, tmp_path: Path) -> None:
    case = Case(Source("front-end", "tree", "tests/projects/front-end"))
    folder, output = case.source.make(tmp_path), tmp_path / "release"
    said = build(case, checkout, folder, output)
    assert "'app.js' (templates/home.html:3)" in said
    told = re.search(r'package.json has a front-end step, .* give (--build-commands) "(.+)"', said)
    assert told

    # Its one package is a folder of its own, which npm would link to.
    options = (told[1], told[2], "--build-env", "npm_config_install_links=true")
    said = build(replace(case, options=options), checkout, folder, output)

    assert "templates name static files" not in said
    assert "front-end step" not in said


def test_settings_made_from_an_example_come_in_by_each_way_that_is_told(checkout: Path, tmp_path: Path) -> None:
    folder = Source("settings-from-example", "tree", "tests/projects/settings-from-example").make(tmp_path)
    bundle = tmp_path / "release"
    command = [sys.executable, str(checkout / "build_pyz.py"), str(folder), "-o", str(bundle)]
    refused = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert refused.returncode == 2
    told = re.search(r"with `(.+)` below (\S+), .* copy it to (\S+) and give (--include \S+)\.", refused.stderr)
    assert told

    (tmp_path / "build.ini").write_text(f"{told[2]}\n{told[1]}\n")
    subprocess.run([*command, "--build-config", str(tmp_path / "build.ini")], check=True, cwd=tmp_path)
    machine = Machine(tmp_path, bundle, "settings-from-example")
    missing = machine.run("check")
    assert missing.returncode == 2
    told_by_the_site = re.search(r"`(shop\.settings = )FILE` below (\[modules\])", missing.stderr)
    assert told_by_the_site
    own = machine.configure((folder / "shop/settings.py.example").read_text(), "own.py")
    machine.configure(f"{told_by_the_site[2]}\n{told_by_the_site[1]}{own}\n")
    machine.succeed("check")

    shutil.copyfile(folder / "shop/settings.py.example", folder / told[3])
    subprocess.run([*command, *told[4].split()], check=True, cwd=tmp_path)
    del machine.environment[env_prefix(machine.name) + "CONFIG"]
    machine.succeed("check")


def test_every_command_comes_in_by_the_project_s_manage_py(checkout: Path, tmp_path: Path) -> None:
    folder = Source("two-names-one-file", "tree", "tests/projects/two-names-one-file").make(tmp_path)
    manage_py, settings = folder / "shop/manage.py", folder / "shop/base/settings.py"
    manage_py.write_text(f"import os\nos.environ['SHOP_CONF'] = os.path.dirname(__file__)\n{manage_py.read_text()}")
    settings.write_text(f"import os\nCONF = os.environ['SHOP_CONF']\n{settings.read_text()}")
    command = [sys.executable, str(checkout / "build_pyz.py"), str(folder), "-o", str(tmp_path / "release")]
    subprocess.run(command, check=True, cwd=tmp_path)
    machine = Machine(tmp_path, tmp_path / "release", "two-names-one-file")

    machine.succeed("check")
    machine.configure("[settings]\nSHOP_NAME = blue\n")
    assert "no problems found" in machine.succeed("pyz", "config", "check")
    shown = machine.succeed("pyz", "config", "show")
    assert "# CONF = " in shown
    assert "# SHOP_NAME = 'blue'" in shown
    machine.succeed("collectstatic", "--noinput", "--dir", str(tmp_path / "static"))
    assert (tmp_path / "static/admin/css/base.css").is_file()
    with machine.serving("--migrate", SHOP_CONF="/anywhere") as server:
        assert server.get("/admin/login/").status == 200


@pytest.mark.long
def test_the_ways_to_migrations_that_a_build_names_lead_to_a_table(checkout: Path, tmp_path: Path) -> None:
    case = Case(Source("shop", "tree", "tests/projects/no-migrations"))
    folder, output = case.source.make(tmp_path), tmp_path / "release"
    assert "`manage.py makemigrations shop` writes them" in build(case, checkout, folder, output)

    subprocess.run([sys.executable, "manage.py", "makemigrations", "shop"], cwd=folder, check=True, capture_output=True)
    [option] = re.findall(r"--include '(\S+)'", build(case, checkout, folder, output))

    said = build(replace(case, options=("--include", option)), checkout, folder, output)
    assert "has models but no migrations" not in said
    assert "shop.0001_initial... OK" in make_machine(case, tmp_path).succeed("migrate")


def test_every_tree_says_in_a_line_what_is_odd_about_it() -> None:
    for folder in sorted(path for path in (CHECKOUT / "tests" / "projects").iterdir() if path.is_dir()):
        assert len((folder / "README.md").read_text().splitlines()) == 1, folder.name
