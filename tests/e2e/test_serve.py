"""`runserve`: pages, static files, health, stopping, and what it says when it cannot start."""

from __future__ import annotations

import gzip
import json
import os
import pwd
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.harness import Machine, Server, request, wait_for_line
from tests.e2e.http.raw_http import ask, configure_echo
from tests.waiting import DEADLINE_SECONDS, wait_until

REPORT = {
    "product": "Firefox",
    "version": "140.0",
    "signature": "mozilla::dom::Foo<T>::bar(int) | OOM",
    "platform": "Linux",
    "time": datetime.now(UTC).isoformat(),
}


@pytest.fixture(scope="module")
def site(sample_bundle: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The sample, served without any configuration."""
    machine = Machine(tmp_path_factory.mktemp("site"), sample_bundle)
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    with machine.serving("--migrate", "--workers", "2") as server:
        yield server


def post(site: Server, report: dict[str, str]) -> tuple[int, dict[str, object]]:
    headers = {"Content-Type": "application/json"}
    answer = request(site.url + "/submit/", "POST", json.dumps(report).encode(), headers)
    return answer.status, json.loads(answer.body)


def test_a_posted_crash_shows_up_on_the_pages(site: Server) -> None:
    status, said = post(site, REPORT)
    assert status == 201
    assert "mozilla::dom::Foo&lt;T&gt;::bar(int) | OOM" in site.get(str(said["url"])).text
    assert "<svg" in site.get("/").text


def test_the_front_page_tells_where_it_comes_from_to_this_machine_alone(site: Server, sample_bundle: Path) -> None:
    page = site.get("/").text
    assert f"packed into one file, <code>{sample_bundle}</code>" in page
    assert "serves this page with gunicorn 27.0.1, Django" in page
    assert str(sample_bundle) not in site.get("/", X_Forwarded_For="198.51.100.7").text


def test_bad_reports_are_refused_field_by_field(site: Server) -> None:
    status, said = post(site, {**REPORT, "platform": "Amiga", "time": "yesterday"})
    errors = said["errors"]
    assert status == 400
    assert isinstance(errors, dict)
    assert set(errors) == {"platform", "time"}


def stylesheet(site: Server) -> str:
    """The path of a style sheet that the page links to."""
    found = re.search(r'<link rel="stylesheet" href="([^"]+)"', site.get("/").text)
    assert found
    return found[1]


def test_static_files_are_kept_for_ever_as_their_names_have_a_hash(site: Server) -> None:
    path = stylesheet(site)
    assert re.search(r"\.[0-9a-f]{12}\.css$", path)
    assert "immutable" in site.get(path).headers["cache-control"]


def test_static_files_under_a_plain_name_are_asked_for_again(site: Server) -> None:
    assert site.get("/static/site.css").headers["cache-control"] == "max-age=60, public"


def test_static_files_are_compressed_for_those_who_take_it(site: Server) -> None:
    path = stylesheet(site)
    packed = site.get(path, Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == site.get(path).body


@pytest.mark.parametrize("path", ["/static/../settings.py", "/static/%2e%2e/manage.py", "/static//etc/passwd"])
def test_static_files_do_not_leave_their_folder(site: Server, path: str) -> None:
    assert site.get(path).status in (400, 404)


def test_health_endpoints_answer_whatever_host_is_asked_for(site: Server) -> None:
    for path in ("/-/live", "/-/ready"):
        answer = site.get(path, Host="unknown.example.org")
        assert (answer.status, answer.body) == (200, b"ok\n")
    assert site.get("/", Host="unknown.example.org").status == 400


def test_without_configuration_nothing_of_debug_is_shown(site: Server) -> None:
    answer = site.get("/no/such/page/")
    assert answer.status == 404
    assert "DEBUG" not in answer.text


def test_without_configuration_it_says_so(site: Server) -> None:
    wait_for_line(site, "no configuration at")


def test_the_generated_key_is_private(migrated: Machine) -> None:
    with migrated.serving("--workers", "1") as server:
        assert server.get("/-/ready").status == 200
    key = migrated.data / "secret_key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_text().strip()) >= 50


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_with_exit_code_0(migrated: Machine, how: signal.Signals) -> None:
    with migrated.serving("--workers", "1") as server:
        assert server.get("/-/live").status == 200
        assert server.stop(how) == 0


def test_workers_and_threads_are_as_asked_for(migrated: Machine) -> None:
    with migrated.serving("--workers", "3", "--threads", "2") as server:
        assert server.get("/-/live").status == 200
        wait_for_line(server, r"(?s)(Booting worker.*){3}")
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
        assert len(children) == 3


def test_processes_are_listed_as_what_they_are(migrated: Machine) -> None:
    def shown(pid: int) -> str:
        """What ps, pidof and systemctl status read."""
        name, line = (Path(f"/proc/{pid}/{file}").read_text() for file in ("comm", "cmdline"))
        return f"{name.strip()}|{line.rstrip(chr(0)).replace(chr(0), ' ')}"

    with migrated.serving("--workers", "2") as server:
        master = server.process.pid

        def all_shown() -> list[str]:
            workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
            return [shown(pid) for pid in (master, *map(int, workers))]

        titles = ["master", "worker 1", "worker 2"]
        expected = [f"project-script|project-script: {title}" for title in titles]
        wait_until(lambda: all_shown() == expected, all_shown)
    code = "print(open('/proc/self/comm').read(), end=''); print(open('/proc/self/cmdline').read().rstrip(chr(0)))"
    name, line = migrated.succeed("shell", "-v", "0", "-c", code).splitlines()
    assert (name, line.split("\0")) == (
        "project-script",
        [str(migrated.executable), "shell", "-v", "0", "-c", code],
    )


def test_options_come_from_the_file(migrated: Machine) -> None:
    migrated.configure(
        "[settings]\nDEBUG = false\nALLOWED_HOSTS = www.example.org\n[serve]\nworkers = 1\n"
        "[gunicorn]\nmax_requests = 1000\n[health]\nlive = /up\nready = off\n[log]\naccess = yes\nformat = json\n"
    )
    with migrated.serving() as server:
        assert server.get("/up").status == 200
        assert server.get("/-/ready", Host="www.example.org").status == 404
        assert server.get("/", Host="www.example.org").status == 200
        assert server.get("/", Host="localhost").status == 400
        server.stop()
    said = [json.loads(line) for line in server.said.splitlines() if line.startswith("{")]
    assert len(said) > 5
    assert any("GET /up" in line["message"] for line in said)


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_the_access_log_has_fields_and_all_lines_of_a_request_its_name(migrated: Machine, interface: str) -> None:
    configure_echo(
        migrated,
        more=f"[serve]\ninterface = {interface}\nworkers = 1\nbind = unix:{migrated.folder}/s\n"
        "[log]\naccess = yes\nformat = json\n",
    )
    proxy = ["X-Forwarded-For: 198.51.100.7", 'User-Agent: a "client"']
    with migrated.started("runserve") as server:
        wait_for_line(server, "Booting worker")
        address = f"unix:{migrated.folder}/s"
        wait_until(lambda: Path(address.removeprefix("unix:")).exists(), "the socket")
        named = ask(address, "/named?q=1", *proxy, "X-Request-Id: from-the-proxy.1")
        made = ask(address, "/made", "X-Request-Id: no name", method="HEAD")
        (migrated.data / "db.sqlite3").write_bytes(b"not a database" * 1000)
        failed = ask(address, "/-/ready", "X-Request-Id: failed-1")
        server.stop()
    assert b"\r\nx-request-id: from-the-proxy.1\r\n" in named.data.lower()
    assert named.said["meta"]["HTTP_X_REQUEST_ID"] == "from-the-proxy.1"
    said = [json.loads(line) for line in server.said.splitlines() if line.startswith("{")]
    lines = {line["path"]: line for line in said if "path" in line}
    expected = {"method": "GET", "query": "q=1", "status": 200, "client": "198.51.100.7", "user_agent": 'a "client"'}
    assert {key: lines["/named"][key] for key in expected} == expected
    assert lines["/named"]["request_id"] == "from-the-proxy.1"
    assert lines["/named"]["bytes"] > 0
    assert 0 < lines["/named"]["duration"] < 300
    assert lines["/made"]["client"] is None
    assert re.fullmatch("[0-9a-f]{32}", lines["/made"]["request_id"])
    assert lines["/made"]["request_id"].encode() in made.data
    assert failed.statuses == [503]
    assert {line["request_id"] for line in said if "not ready" in line["message"]} == {"failed-1"}


def test_gunicorn_s_metrics_are_sent(migrated: Machine) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as statsd:
        statsd.bind(("127.0.0.1", 0))
        statsd.settimeout(DEADLINE_SECONDS)
        host, port = statsd.getsockname()
        with migrated.serving("--workers", "1", "--set", f"gunicorn.statsd_host={host}:{port}") as server:
            assert server.get("/").status == 200
            heard = iter(lambda: statsd.recv(1024), b"gunicorn.request.status.200:1|c|@1.0")
            assert any(message.startswith(b"gunicorn.request.duration:") for message in heard)


@pytest.mark.parametrize("format_name", ["plain", "json"])
def test_all_lines_of_the_log_have_one_time_zone(migrated: Machine, format_name: str) -> None:
    options = ("settings.TIME_ZONE=Asia/Tokyo", "log.access=true", f"log.format={format_name}", "settings.DEBUG=false")
    before = datetime.now(UTC).replace(microsecond=0)
    with migrated.serving(
        "--workers", "1", *(word for text in options for word in ("--set", text)), TZ="Asia/Tokyo"
    ) as server:
        (migrated.data / "db.sqlite3").write_bytes(b"")
        assert server.get("/").status == 500
        assert server.get("/-/ready").status == 503
        server.stop()
    plain = re.findall(r"^\[(\S+ \S+ \+0000)\] \[\d+\]", server.said, re.MULTILINE)
    times = [datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z") for text in plain]
    times += [datetime.fromisoformat(text) for text in re.findall(r'^{"time": "(\S+)"', server.said, re.MULTILINE)]
    access = re.findall(r"\[(\d+/\w+/\d+:\S+ \+0000)\]", server.said)
    times += [datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z") for text in access]
    # The master, its worker before and after Django is there, Django's own error, health, two requests, the end.
    assert len(times) >= 9
    assert len(access) == (2 if format_name == "plain" else 0)
    assert all(before <= time <= datetime.now(UTC) for time in times)


def test_errors_of_the_site_are_in_its_log(migrated: Machine) -> None:
    migrated.configure("[settings]\nDEBUG = false\nALLOWED_HOSTS = *\n[serve]\nworkers = 1\n")
    with migrated.serving() as server:
        assert server.get("/-/live").status == 200
        (migrated.data / "db.sqlite3").write_bytes(b"")
        assert server.get("/").status == 500
        wait_for_line(server, "no such table")


def test_ready_says_503_while_the_database_is_away(migrated: Machine) -> None:
    with migrated.serving("--workers", "1") as server:
        assert server.get("/-/ready").status == 200
        (migrated.data / "db.sqlite3").write_bytes(b"not a database" * 1000)
        answer = server.get("/-/ready")
        assert (answer.status, answer.body) == (503, b"unavailable\n")
        assert server.get("/-/live").status == 200
        wait_for_line(server, "not ready: database")


def test_a_unix_socket_is_served(migrated: Machine) -> None:
    path = migrated.folder / "s"
    with migrated.started("runserve", "--bind", f"unix:{path}", "--workers", "1") as server:
        wait_for_line(server, "Listening at: unix:")
        assert ask(f"unix:{path}", "/-/live").statuses == [200]


def test_sockets_that_systemd_passes_are_used(migrated: Machine) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        migrated.serving_on(listener, "--workers", "1") as server,
    ):
        assert server.get("/-/ready").status == 200
        assert server.stop() == 0


def refusal(machine: Machine, *arguments: str) -> str:
    """What runserve says when it does not start."""
    done = machine.run("runserve", "--bind", "127.0.0.1:0", "--workers", "2", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("project-script: ")
    return done.stderr


def test_a_port_that_is_taken_is_named(migrated: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        done = migrated.run("runserve", "--bind", address)
    assert done.returncode == 2
    assert f"{address} is already in use" in done.stderr
    assert "--bind" in done.stderr


def test_a_socket_that_another_server_has_is_not_taken_away(migrated: Machine) -> None:
    path = migrated.folder / "s"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        done = migrated.run("runserve", "--bind", f"unix:{path}")
        assert done.returncode == 2
        assert "already in use" in done.stderr
        assert path.is_socket()


@pytest.mark.needs("root")
def test_what_root_makes_is_the_service_s_and_root_is_told_what_it_cannot_write(machine: Machine) -> None:
    machine.data.mkdir(mode=0o750)
    os.chown(machine.data, 65534, -1)
    done = machine.run("migrate", "--verbosity", "0")
    user = pwd.getpwuid(65534).pw_name
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name: path.owner() for path in machine.data.iterdir()} == dict.fromkeys(
        ("db.sqlite3", "media", "secret_key"), user
    )

    for name in ("db.sqlite3", "secret_key"):
        os.chown(machine.data / name, 0, 0)
    done = machine.run("migrate", "--verbosity", "0")
    made = "these files that root created in it: db.sqlite3, secret_key"
    assert f"project-script: {machine.data} belongs to user {user}, who cannot write {made}\n" in done.stderr
    subprocess.run(["sh", "-c", done.stderr.partition("As root: ")[2]], check=True)
    assert machine.run("migrate", "--verbosity", "0").stderr == ""


@pytest.mark.parametrize("command", [["migrate"], ["check"], ["runserve", "--check"], ["runserve"]])
def test_a_data_folder_that_is_missing_is_one_message(machine: Machine, command: list[str]) -> None:
    (machine.folder / "file").touch()
    data = machine.folder / "file" / "data"
    local = machine.folder / "local.py"
    handler = {"class": "logging.FileHandler", "filename": str(data / "logs" / "site.log")}
    local.write_text(f"SECRET_KEY = 'x1y2' * 15\nLOGGING = {{'version': 1, 'handlers': {{'file': {handler}}}}}\n")
    local.chmod(0o600)
    machine.configure(f"[project]\nlocal_settings = {local}\ndata_dir = {data}\n[serve]\nbind = 127.0.0.1:0\n")
    done = machine.run(*command)
    assert done.returncode == 2
    user = pwd.getpwuid(os.geteuid()).pw_name
    assert f"project-script: the data folder {data} does not exist, and user {user} cannot create it\n" in done.stderr
    assert "Traceback" not in done.stderr
    # A file is in the way there, so that root could not make it either.
    assert "project-script: Set [project] data_dir to a folder that this user can write.\n" in done.stderr


def test_a_database_that_is_missing_is_named_once(machine: Machine) -> None:
    said = refusal(machine)
    assert said.count(f"the database {machine.data}/db.sqlite3 does not exist") == 1
    assert "migrate" in said


def test_a_database_that_does_not_answer_is_named_without_its_password(machine: Machine) -> None:
    machine.data.mkdir()
    (machine.data / "db.sqlite3").write_bytes(b"not a database" * 1000)
    assert "does not answer" in refusal(machine)


def test_an_application_that_is_not_there_is_named_once(migrated: Machine) -> None:
    said = refusal(migrated, "--set", "settings.WSGI_APPLICATION=nosuch.application")
    assert said.count("WSGI application 'nosuch.application' could not be loaded") == 1


def test_code_that_fails_keeps_its_traceback_and_shows_it_once(migrated: Machine) -> None:
    done = migrated.run("runserve", "--bind", "127.0.0.1:0", "--workers", "3", "--set", "settings.ROOT_URLCONF=nosuch")
    assert done.returncode == 1
    assert done.stderr.count("ModuleNotFoundError: No module named 'nosuch'") == 1


def test_a_project_that_ends_the_process_while_it_loads_ends_the_server(migrated: Machine) -> None:
    local = migrated.folder / "local.py"
    local.write_text("raise SystemExit('no good')\n")
    done = migrated.run("runserve", "--bind", "127.0.0.1:0", "--set", f"project.local_settings={local}")
    assert done.returncode == 1
    assert done.stderr.count("SystemExit: no good") == 1


def test_a_settings_module_that_is_not_there_is_named(migrated: Machine) -> None:
    said = refusal(migrated, "--set", "project.settings_module=myproj.nosuch")
    assert said.count("the settings module 'myproj.nosuch': there is no module 'myproj.nosuch'") == 1


def test_an_empty_folder_for_static_files_is_named(migrated: Machine) -> None:
    assert "[static] root: /no/such/folder is not a folder" in refusal(migrated, "--set", "static.root=/no/such/folder")


@pytest.mark.parametrize("address", ["127.0.0.1:99999", "nonsense", "8000", "unix:relative"])
def test_what_is_no_address_is_refused(machine: Machine, address: str) -> None:
    done = machine.run("runserve", "--bind", address)
    assert done.returncode == 2
    assert done.stderr == f"project-script: --bind: [serve] bind: wanted HOST:PORT or unix:/path, found '{address}'\n"


def test_a_socket_in_a_folder_that_is_not_there_is_refused(machine: Machine) -> None:
    done = machine.run("runserve", "--bind", "unix:/no/such/socket")
    assert done.returncode == 2
    assert "cannot listen on unix:/no/such/socket: /no/such is not a folder" in done.stderr


def test_a_project_s_debug_pages_are_not_served_unless_the_operator_asks(migrated: Machine) -> None:
    migrated.configure("[serve]\nworkers = 1\n")
    with migrated.serving() as server:
        assert "DEBUG" not in server.get("/no/such/page/").text
    with migrated.serving("--set", "settings.DEBUG=true") as server:
        assert "DEBUG = True" in server.get("/no/such/page/").text
        wait_for_line(server, "DEBUG is on")


def test_all_wrong_gunicorn_settings_are_named(machine: Machine) -> None:
    machine.configure("[gunicorn]\nnosuch = 1\nmax_requests = many\nbind = :80\n")
    said = refusal(machine)
    assert [line for line in (2, 3, 4) if f"settings.ini:{line}: [gunicorn]" in said] == [2, 3, 4]


def test_migrate_that_fails_keeps_the_server_from_starting(machine: Machine) -> None:
    machine.data.mkdir()
    (machine.data / "db.sqlite3").write_bytes(b"not a database" * 1000)
    said = refusal(machine, "--migrate")
    assert "file is not a database" in said
    assert "Listening" not in said


def test_the_environment_variable_port_changes_nothing(migrated: Machine) -> None:
    with migrated.serving("--workers", "1", PORT="1", WEB_CONCURRENCY="7") as server:
        assert server.get("/-/live").status == 200
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
        assert len(children) == 1


def test_nothing_is_left_in_the_home_folder(migrated: Machine) -> None:
    with migrated.serving("--workers", "1") as server:
        assert server.get("/-/live").status == 200
    assert os.listdir(migrated.home) == []
