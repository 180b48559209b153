"""Two releases of a small site, which say which one they are; and what a service manager would hear of their server."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.harness import Machine, Server
from tests.waiting import DEADLINE_SECONDS

BROKEN = "import no_such_module\nurlpatterns = []\n"
"""A urls.py that cannot be imported."""
FILES = {
    "manage.py": """\
import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
execute_from_command_line(sys.argv)
""",
    "requirements.txt": "Django==5.2.19\n",
    "shop/__init__.py": "",
    "shop/settings.py": """\
SECRET_KEY = "django-insecure-for-development-only"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
GREETING = "hello"
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
INSTALLED_APPS = ["django.contrib.staticfiles", "shop"]
STATIC_URL = "static/"
""",
    "shop/static/shop/site.css": "/* @RELEASE@ */\n",
    "shop/static/shop/only-@RELEASE@.css": "/* whatever */\n",
    "shop/wsgi.py": """\
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_wsgi_application()
""",
    "shop/urls.py": """\
import os

from django.conf import settings
from django.http import HttpResponse
from django.templatetags.static import static
from django.urls import path
from django.utils.timezone import localtime


def home(request):
    if gate := request.GET.get("gate"):
        open(gate).read()
    return HttpResponse(f"@RELEASE@ {settings.GREETING} {os.getpid()}")


urlpatterns = [path("", home), path("style", lambda request: HttpResponse(static("shop/site.css")))]
urlpatterns.append(path("zone", lambda request: HttpResponse(f"{localtime():%Z}")))
""",
}


def build(checkout: Path, folder: Path, release: str, **changes: str) -> Path:
    """Build a release.

    Args:
        checkout: of this repository.
        folder: to work in.
        release: its name, as its page says.
        changes: text of files that are not as in FILES, or not in it; the names of modules may have __ for a slash, and
            no end.
    """
    root = folder / release / "shop"
    files = {**FILES, **{name: text for name, text in changes.items() if "." in name}}
    for name, text in files.items():
        path = root / name.replace("@RELEASE@", release)
        path.parent.mkdir(parents=True, exist_ok=True)
        changed = changes.get(name.replace("/", "__").removesuffix(".py"), text)
        path.write_text(changed.replace("@RELEASE@", release), encoding="utf-8")
    output = folder / release / "shop.pyz"
    command = [sys.executable, str(checkout / "build_pyz.py"), str(root), "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return output


def put_in_place(file: Path, program: Path) -> None:
    """Put a file in the place of a program at once, as dpkg does."""
    temporary = program.with_name(f".{program.name}.new")
    shutil.copy(file, temporary)
    os.replace(temporary, program)


def local_settings(machine: Machine, text: str, name: str = "local.py") -> Path:
    """Write local settings, which a machine's configuration may name."""
    path = machine.folder / name
    path.write_text(text)
    path.chmod(0o600)
    return path


def gated(machine: Machine) -> tuple[Path, Path]:
    """A named pipe, and local settings that nobody gets past before somebody writes to it."""
    gate = machine.folder / "gate"
    os.mkfifo(gate)
    return gate, local_settings(machine, f"open({str(gate)!r}).read()\n", "gated.py")


class Manager:
    """What a service manager hears.

    Attributes:
        address: of its socket.
        heard: the messages so far, each as a dictionary.
    """

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "notify")
        self.heard: list[dict[str, str]] = []
        self._news = threading.Condition()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)

    def wait_for(self, start: int = 0, **fields: str) -> dict[str, str]:
        """The first message with these fields, from a place in the row on.

        Args:
            start: the place.
            fields: name and the beginning of the value.
        """
        deadline = time.monotonic() + DEADLINE_SECONDS
        with self._news:
            while time.monotonic() < deadline:
                for message in self.heard[start:]:
                    if all(message.get(name, "\0").startswith(text) for name, text in fields.items()):
                        return message
                self._news.wait(0.2)
        raise AssertionError(f"waited for {fields}, heard {self.heard[start:]}")

    def listen(self) -> None:
        """Take messages until an empty one comes."""
        while text := self._socket.recv(65536):
            with self._news:
                self.heard.append(dict(line.split("=", 1) for line in text.decode().splitlines()))
                self._news.notify_all()

    def close(self) -> None:
        """Have `listen` end."""
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as out:
            out.sendto(b"", self.address)
        os.unlink(self.address)


@contextlib.contextmanager
def manager(folder: Path) -> Iterator[Manager]:
    """A service manager that listens, until the end of the block."""
    made = Manager(folder)
    thread = threading.Thread(target=made.listen, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join(DEADLINE_SECONDS)
        made._socket.close()


@contextlib.contextmanager
def service(machine: Machine, *arguments: str) -> Iterator[tuple[Server, Manager]]:
    """The site as a service that is ready."""
    with (
        manager(machine.folder) as systemd,
        machine.serving(*arguments, NOTIFY_SOCKET=systemd.address, WATCHDOG_USEC="10000000") as server,
    ):
        systemd.wait_for(READY="1")
        yield server, systemd


def reload(server: Server, systemd: Manager, how: signal.Signals = signal.SIGHUP) -> dict[str, str]:
    """Reload, and return what was said at the end of it."""
    start = len(systemd.heard)
    server.process.send_signal(how)
    systemd.wait_for(start, RELOADING="1")
    return systemd.wait_for(start, READY="1")


def page(server: Server) -> str:
    """Which release answers, and with which greeting."""
    return server.get("/").text.rpartition(" ")[0]


def children(server: Server) -> set[int]:
    """The process ids of the workers."""
    pid = server.process.pid
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def style(server: Server) -> str:
    """The path of the style sheet that pages link to."""
    return server.get("/style").text
