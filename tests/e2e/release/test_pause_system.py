"""A site that systemd serves pauses for a migration: what runs beside the server is stopped, and nobody is cut off."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.systemd.booted import CAN_BOOT, Booted, booted
from tests.e2e.systemd.booted_roots import root_file_system
from tests.waiting import DEADLINE_SECONDS, wait_until

pytestmark = CAN_BOOT
OLDER, NEWER = "/root/older.pyz", "/root/newer.pyz"
CLIENTS = """
import collections, http.client, json, os, threading, time
seen = collections.Counter()
def ask():
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=60)
    while not os.path.exists("/tmp/enough"):
        try:
            connection.request("GET", "/", headers={"Host": "shop.example.org"})
            answer = connection.getresponse()
            words = answer.read().split()
            kind = f"{answer.status} {answer.getheader('Retry-After') or ''} {words[0].decode()}"
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            kind = repr(error)
        seen[kind] += 1
        open("/tmp/asked", "w").close()
        time.sleep(0.02)
clients = [threading.Thread(target=ask) for _ in range(4)]
for client in clients: client.start()
for client in clients: client.join()
print(json.dumps(seen))
"""
PAUSED = "503 5 The"


@pytest.fixture(scope="module")
def site(tea: tuple[Path, Path], priced_tea: Path) -> Iterator[Booted]:
    """A machine with a release installed that has a service."""
    with booted(root_file_system("bookworm")) as made:
        for file, place in ((tea[1], OLDER), (priced_tea, NEWER)):
            shutil.copyfile(file, made.path(place))
            made.path(place).chmod(0o755)
        service = "--set=services.waiter=python -c 'import signal; signal.pause()'"
        made.succeed(OLDER, "pyz", "install", "--system", "--set=settings.ALLOWED_HOSTS=shop.example.org", service)
        yield made


@contextlib.contextmanager
def asked(site: Booted, wanted: str) -> Iterator[None]:
    """Clients that keep their connections and ask all the time; they see one release, a pause, and the other."""
    site.run("rm", "-f", "/tmp/enough", "/tmp/asked")
    found: list[str] = []
    clients = threading.Thread(target=lambda: found.append(site.succeed("python3", "-c", CLIENTS)))
    clients.start()
    wait_until(site.path("/tmp/asked").exists, "the first answer")
    try:
        yield
    finally:
        site.run("touch", "/tmp/enough")
        clients.join(DEADLINE_SECONDS)
    seen = json.loads(found[0])
    assert seen.keys() == {"200  newer", PAUSED, "200  priced"}, f"{wanted}: {seen}"


def main_process(site: Booted) -> str:
    return site.succeed("systemctl", "show", "--property=MainPID", "--value", "shop-waiter.service").strip()


def test_where_no_upgrade_may_migrate_the_command_that_does_is_named(site: Booted) -> None:
    refused = site.run(NEWER, "--set", "upgrade.migrate=never", "pyz", "upgrade")
    assert refused.returncode == 2
    assert "1 migrations are to be applied, the first is shop.0003_tea_price" in refused.stderr
    command = re.findall("`(.*?)`", refused.stderr)[-1]
    assert command.startswith("runuser -u shop -- /usr/lib/shop/releases/")
    site.succeed("sh", "-c", command)
    said = site.succeed(NEWER, "--set", "upgrade.migrate=never", "pyz", "upgrade")
    assert "\nmigrations: none to be applied\n" in said


def test_it_goes_back_and_forth_in_pauses(site: Booted) -> None:
    before = main_process(site)
    with asked(site, "back"):
        said = site.succeed("/usr/bin/shop", "pyz", "rollback", "--migrate-back", "--pause")
    assert "\nmigrate back: shop.0003_tea_price undone\n" in said
    assert "\ngo on: requests are served; shop-waiter.service started\n" in said
    assert main_process(site) not in (before, "0")
    refused = site.run(NEWER, "pyz", "upgrade")
    command = re.findall("`(.*?)`", refused.stderr)[0]
    assert command == f"{NEWER} pyz upgrade --pause"
    with asked(site, "forth"):
        said = site.succeed("sh", "-c", command)
    assert "\nready: /run/shop.sock/-/ready\n" in said
    assert site.succeed("stat", "--format=%G %s", "/run/shop/gate") == "shop 0\n"
    status = site.run("shop", "pyz", "status")
    assert "\ndatabase default: fine\n" in status.stdout
    assert (status.returncode, "OLD CODE" in status.stdout) == (0, False), status.stdout
