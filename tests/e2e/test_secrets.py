"""Secrets from every source: the site uses them, and nothing that the bundle prints, logs or starts shows one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.harness import Machine, wait_for_line

MARK = "pa55w0rd"
"""Is in every secret here."""
LEAK = """
from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError
from django.http import HttpResponse
from django.urls import path
import os, subprocess, sys

PASSWORD = "module-pa55w0rd"


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params):
        raise OperationalError(f"cannot log in as {self.settings_dict}")


def fail(request):
    from django.conf import settings

    raise ValueError([settings.SECRET_KEY, settings.DATABASES, settings.BROKER_URL, os.environ["API_TOKEN"],
        settings.EMAIL_HOST_PASSWORD, settings.AWS_SECRET_KEY, settings.SENTRY_DSN, settings.STRIPE_API_KEY,
        settings.LOCAL_TOKEN, settings.SECRET_KEY_FALLBACKS, settings.ODBC, settings.SIGNING])


def child(request):
    code = "from pathlib import Path; print(*(Path('/proc/self', x).read_bytes() for x in ('cmdline', 'environ')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return HttpResponse(done.stdout)


urlpatterns = [path("fail/", fail), path("child/", child)]
"""
CHECK = """
from django.conf import settings
assert [settings.SECRET_KEY, settings.DATABASES["other"]["PASSWORD"], settings.DATABASES["third"]["PASSWORD"]] == [
    'key-pa55w0rd"%$', "url@pa55w0rd", "third-pa55w0rd"]
assert [settings.EMAIL_HOST_PASSWORD, settings.AWS_SECRET_KEY] == ["file-pa55w0rd", "named-pa55w0rd"]
assert settings.SIGNING["keys"][0]["secret"] == "json-pa55w0rd"
print("all there")
"""


@pytest.fixture
def planted(migrated: Machine) -> Machine:
    """A machine with secrets in every kind of place, each with the rights that are asked for."""
    folder = migrated.folder
    texts = {
        "leak.py": LEAK,
        "local.py": "LOCAL_TOKEN = 'local-pa55w0rd'\nDATABASES['third']['PASSWORD'] = 'third-pa55w0rd'\n",
        "mail": "file-pa55w0rd\n",
        "credentials/aws": "named-pa55w0rd",
        "credentials/settings.SENTRY_DSN": "https://dsn-pa55w0rd@sentry.example.org/1",
        "conf.d/broker.ini": "[settings]\nBROKER_URL = amqp://me:conf d pa55w0rd@127.0.0.1:1//\n",
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    migrated.configure(
        f"""\
[project]
local_settings = {folder}/local.py
[env]
API_TOKEN = env-pa55w0rd
[modules]
leak = {folder}/leak.py
[settings]
ROOT_URLCONF = leak
SECRET_KEY = key-pa55w0rd"%$
SECRET_KEY_FALLBACKS = old-pa55w0rd, older-pa55w0rd
DATABASES.other = sqlite://me:url%40pa55w0rd@host/other
DATABASES.third.ENGINE = django.db.backends.sqlite3
DATABASES.third.PASSWORD = overwritten-pa55w0rd
EMAIL_HOST_PASSWORD@file = {folder}/mail
AWS_SECRET_KEY@credential = aws
ODBC = Server=x;Uid=me;Pwd=odbc-pa55w0rd
SIGNING = {{"keys": [{{"id": 1, "secret": "json-pa55w0rd"}}]}}
[serve]
workers = 1
[log]
access = yes
level = debug
"""
    )
    migrated.environment |= {
        "CREDENTIALS_DIRECTORY": str(folder / "credentials"),
        "PROJECT__SETTINGS__STRIPE_API_KEY": "environment-pa55w0rd",
    }
    return migrated


KEYS = (
    *("SECRET_KEY", "settings.SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASES", "DATABASES.other", "ODBC", "SIGNING"),
    *("DATABASES.other.PASSWORD", "EMAIL_HOST_PASSWORD", "AWS_SECRET_KEY", "SENTRY_DSN", "BROKER_URL", "LOCAL_TOKEN"),
    *("STRIPE_API_KEY", "env.API_TOKEN", "DATABASES.third", "modules.leak"),
)
COMMANDS = (
    *(("pyz", "info"), ("pyz", "info", "--sbom"), ("pyz", "config", "check"), ("pyz", "config", "show")),
    *(("pyz", "config", "discover"), ("pyz", "config", "init", "-o", "-"), ("pyz", "install", "--print")),
    *(("pyz", "config", "explain", key) for key in KEYS),
    *(("check", "--deploy"), ("showmigrations",), ("help",)),
    *(("diffsettings",), ("diffsettings", "--all"), ("diffsettings", "--output", "unified")),
)
FAILING = (
    ("shell", "-v", "0", "-c", "import leak; leak.fail(None)"),
    ("migrate", "nosuch"),
    ("nosuch",),
    ("pyz", "config", "explain", "NOSUCH"),
    ("pyz", "exec", "nosuch"),
    ("--set", "settings.DATABASES.default.ENGINE=leak", "showmigrations"),
    ("--set", "settings.DATABASES.default.ENGINE=leak", "runserve", "--bind", "127.0.0.1:0"),
    ("--set", "settings.DATABASES.default.ENGINE=leak", "runserve", "--bind", "127.0.0.1:0", "--migrate"),
)
"""That a driver repeats the whole of its settings in its error is the worst that one can do."""


def test_no_command_shows_a_secret(planted: Machine) -> None:
    assert planted.succeed("shell", "-v", "0", "-c", CHECK).strip() == "all there"
    for command in COMMANDS:
        done = planted.run(*command)
        assert done.returncode == 0, (command, done.stderr)
        assert MARK not in done.stdout + done.stderr, command
    for command in FAILING:
        done = planted.run(*command)
        assert done.returncode in (1, 2), (command, done.stdout)
        assert MARK not in done.stdout + done.stderr, command


BROKEN = {
    "a list that is none": "[settings]\nSECRET_KEY_FALLBACKS = [pa55w0rd",
    "a key without a value": "[settings]\nSECRET_KEY: pa55w0rd",
    "a url that is none": "[settings]\nDATABASES.default = postgres://me:pa55w0rd/2@host/name\n",
    "a url with a number in its password": "[settings]\nDATABASES.default = postgres://me:12/pa55w0rd@host/name\n",
    "an unknown driver": "[settings]\nDATABASES.default = mysql://me:sixteen-pa55w0rd@host/name\n",
    "the end of a private key": "[env]\nPRIVATE =\n -----BEGIN\nMIIEpa55w0rd0AbC/dEf1==\n",
    "a url in place of a key": "[settings]\nredis://:pa55w0rd@host/0?a@b=c\n",
    "the name of a file": "[settings]\nSECRET_KEY@file = pa55w0rd\n",
    "gunicorn's own": "[gunicorn]\nmax_requests = token=pa55w0rd\n",
    "local settings that end too soon": "[project]\nlocal_settings = @/syntax.py\n",
    "local settings that fail": "[project]\nlocal_settings = @/local.py\n",
    "local settings that repeat a value": "[project]\nlocal_settings = @/value.py\n",
    "local settings for everyone": "[project]\nlocal_settings = @/open.py\n",
    "a module that ends too soon": "[project]\nsettings_module = own\n[modules]\nown = @/syntax.py\n",
    "a file for everyone": "[settings]\nSECRET_KEY@file = @/key\n",
    "local settings with a variable": "[project]\nlocal_settings = @/variable.py\n[env]\nAPI_TOKEN = x-pa55w0rd\n",
}
FILES = {
    "syntax.py": "SECRET_KEY = 'pa55w0rd\n",
    "local.py": "DATABASES['nosuch']['PASSWORD'] = 'pa55w0rd'\n",
    "value.py": "SECRET_KEY = int('pa55w0rd')\n",
    "open.py": "SECRET_KEY = 'pa55w0rd'\n",
    "key": "pa55w0rd",
    "variable.py": "import os\n__import__(os.environ['API_TOKEN'])\n",
}


MISTAKEN = (
    ("check",),
    ("pyz", "config", "check"),
    ("pyz", "config", "show"),
    ("runserve", "--bind", "127.0.0.1:0", "--workers", "1"),
)


@pytest.mark.parametrize("fault", BROKEN)
def test_no_mistake_shows_a_secret(fault: str, machine: Machine, open_folder: Path) -> None:
    for name, text in FILES.items():
        (open_folder / name).write_text(text)
        (open_folder / name).chmod(0o644 if name in ("open.py", "key") else 0o600)
    machine.configure(BROKEN[fault].replace("@/", f"{open_folder}/"))
    codes = set()
    for command in MISTAKEN:
        done = machine.run(*command)
        assert MARK not in done.stdout + done.stderr, command
        codes.add(done.returncode)
    # What is only read by the server is no mistake for the others.
    assert codes <= {0, 1, 2}
    assert codes & {1, 2}


@pytest.mark.parametrize("format_name", ["plain", "json"])
def test_no_log_and_no_process_shows_a_secret(planted: Machine, format_name: str) -> None:
    broken = "settings.DATABASES.broken.ENGINE=leak"
    with planted.serving("--set", f"log.format={format_name}", "--set", broken) as server:
        assert server.get("/fail/?token=" + quote('key-pa55w0rd"%$', safe="")).status == 500
        assert MARK not in server.get("/fail/").text
        assert server.get("/-/ready").status == 503
        child = server.get("/child/").text
        processes = {pid: _process(pid) for pid in _with_children(server.process.pid)}
        wait_for_line(server, "(?s)ValueError.*not ready: database")
        server.stop()
    assert MARK not in server.said
    assert "********" in server.said
    if format_name == "json":
        assert all(json.loads(line) for line in server.said.splitlines() if line.startswith("{"))
    # [env] is what children are given; what the operator's environment has, they inherit.
    allowed = child.replace("API_TOKEN=env-pa55w0rd", "").replace("STRIPE_API_KEY=environment-pa55w0rd", "")
    assert "CODE=" in child
    assert MARK not in allowed
    assert len(processes) == 2
    for command, environment in processes.values():
        assert MARK not in command
        assert MARK not in environment.replace("STRIPE_API_KEY=environment-pa55w0rd", "")


def test_a_debug_page_shows_no_setting_that_is_secret(planted: Machine) -> None:
    with planted.serving("--set", "settings.DEBUG=true") as server:
        page = server.get("/child/x").text + server.get("/fail/", Accept="text/plain").text.partition("Settings:")[2]
    assert "BROKER_URL" in page
    assert MARK not in page


def _with_children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in found for one in _with_children(int(child)))]


def _process(pid: int) -> tuple[str, str]:
    """The command line and the environment of a process, as others see them."""
    folder = Path(f"/proc/{pid}")
    return (folder / "cmdline").read_text(errors="replace"), (folder / "environ").read_text(errors="replace")


def test_the_generated_key_is_seen_nowhere(migrated: Machine) -> None:
    with migrated.serving("--workers", "1") as server:
        assert server.get("/-/live").status == 200
        key = (migrated.data / "secret_key").read_text().strip()
        told = [str(_process(pid)) for pid in _with_children(server.process.pid)]
        server.stop()
    said = [
        migrated.succeed(*command)
        for command in (("pyz", "config", "show"), ("pyz", "config", "explain", "SECRET_KEY"))
    ]
    assert key
    assert not [text for text in (server.said, *told, *said) if key in text]


def test_a_generated_key_that_everyone_can_read_is_refused(machine: Machine, open_folder: Path) -> None:
    (open_folder / "secret_key").write_text("pa55w0rd" * 8)
    (open_folder / "secret_key").chmod(0o644)
    done = machine.run("check", STATE_DIRECTORY=str(open_folder))
    assert (done.returncode, done.stdout) == (2, "")
    hint = done.stderr.splitlines()[-1].removeprefix("project-script: ")
    assert hint == f"chmod o-rwx {open_folder}/secret_key"
    assert MARK not in done.stderr
    subprocess.run(["sh", "-c", hint], check=True)
    machine.succeed("check", STATE_DIRECTORY=str(open_folder))


def test_data_and_configuration_are_closed_to_others(migrated: Machine) -> None:
    path = migrated.folder / "etc/settings.ini"
    migrated.succeed("pyz", "config", "init", "-o", str(path))
    assert migrated.data.stat().st_mode & 0o007 == 0
    assert path.stat().st_mode & 0o007 == 0


def test_values_that_are_no_text_are_shown_as_escapes(machine: Machine) -> None:
    environment = {**machine.environment, "PROJECT__SETTINGS__COLOUR": os.fsdecode(b"bl\xffu")}
    command = [str(machine.executable), "pyz", "config"]
    for part in (["show"], ["explain", "settings.COLOUR"]):
        done = subprocess.run([*command, *part], env=environment, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert "bl\\udcffu" in done.stdout
