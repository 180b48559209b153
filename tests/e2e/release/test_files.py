"""`pyz files`: what a bundle writes for its own names, and nginx with it in front of the site."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.e2e.harness import Machine, request, wait_for_line
from tests.e2e.nginx import nginx as running_nginx
from tests.write_etc import ETC


def tree(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_those_of_the_sample_are_the_ones_in_etc(machine: Machine, tmp_path: Path) -> None:
    said = machine.succeed("pyz", "files", str(tmp_path / "review"))
    assert tree(tmp_path / "review") == tree(ETC)
    assert said.count(": written\n") == len(tree(ETC))
    said = machine.succeed("pyz", "files", str(tmp_path / "review"))
    assert said.count(": is in place\n") == len(tree(ETC))


def test_each_has_a_place_on_a_host(machine: Machine) -> None:
    said = machine.succeed("pyz", "files", "--list")
    places = dict(line.split() for line in said.splitlines())
    assert places["systemd/project.service"] == "/usr/lib/systemd/system/project.service"
    assert places.keys() == tree(ETC).keys()


def test_they_are_for_the_names_and_the_configuration_of_the_bundle(shop: Machine, tmp_path: Path) -> None:
    shop.configure("[serve]\nbind = 0.0.0.0:80, unix:/run/other.sock\n[project]\ndata_dir = /srv/shop\n")
    shop.succeed("pyz", "files", str(tmp_path / "review"))
    made = tree(tmp_path / "review")
    assert (
        "ListenStream=/run/shop.sock\nListenStream=0.0.0.0:80\nListenStream=/run/other.sock\n"
        in made["systemd/shop.socket"]
    )
    assert "ExecStart=/usr/bin/shop-script runserve\n" in made["systemd/shop.service"]
    assert "ReadWritePaths=/srv/shop\n" in made["systemd/shop.service"]
    assert not [path for path, text in made.items() if re.search(r"\bproject\.|/project\b|project-script", text)]


def test_what_is_there_and_differs_is_not_replaced(shop: Machine, tmp_path: Path) -> None:
    """The advice is taken: it is moved away."""
    unit = tmp_path / "review" / "systemd" / "shop.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Unit]\n")
    done = shop.run("pyz", "files", str(tmp_path / "review"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"shop-script: {unit}: exists and differs, so nothing was written\n"
        "shop-script: Move these files away, or give another folder.\n"
    )
    assert tree(tmp_path / "review") == {"systemd/shop.service": "[Unit]\n"}
    unit.rename(tmp_path / "away")
    shop.succeed("pyz", "files", str(tmp_path / "review"))


def test_a_folder_is_wanted(shop: Machine) -> None:
    done = shop.run("pyz", "files")
    assert (done.returncode, done.stdout) == (2, "")
    assert "wanted a folder" in done.stderr


def test_systemd_looks_up_no_names_of_hosts(shop: Machine, tmp_path: Path) -> None:
    shop.configure("[serve]\nbind = shop.example.org:80\n")
    done = shop.run("pyz", "files", str(tmp_path / "review"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "not at host names, found shop.example.org:80" in done.stderr
    shop.configure("[serve]\nbind = :80\n")
    shop.succeed("pyz", "files", str(tmp_path / "review"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def nginx(migrated: Machine, tmp_path: Path) -> Iterator[str]:
    """nginx by the file for the site, in front of the site; its URL."""
    migrated.configure("[settings]\nALLOWED_HOSTS = localhost\n")
    migrated.succeed("pyz", "files", str(tmp_path / "review"))
    text = (tmp_path / "review/nginx/project.conf").read_text()
    port = free_port()
    text = text.replace("/run/project.sock", f"{tmp_path}/site.sock").replace("listen 80;", f"listen {port};")
    with migrated.started("runserve", "--bind", f"unix:{tmp_path}/site.sock", "--workers", "1") as server:
        wait_for_line(server, "Listening at: unix:")
        with running_nginx(tmp_path, text):
            yield f"http://localhost:{port}"


@pytest.mark.needs("nginx")
def test_a_form_can_be_sent_through_nginx_on_another_port(nginx: str) -> None:
    page = request(f"{nginx}/admin/login/")
    [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    form = urlencode({"csrfmiddlewaretoken": token, "username": "nobody", "password": "wrong"}).encode()
    headers = {
        "Cookie": page.headers["set-cookie"].partition(";")[0],
        "Origin": nginx,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = request(f"{nginx}/admin/login/", "POST", form, headers)
    assert answer.status == 200, answer.text
    assert request(f"{nginx}/admin/login/", "POST", form, {**headers, "Origin": "http://localhost:1"}).status == 403


@pytest.mark.needs("nginx")
def test_a_request_keeps_its_name_or_gets_one_from_nginx(nginx: str) -> None:
    answer = request(f"{nginx}/", headers={"X-Request-ID": "given-7"})
    assert (answer.status, answer.headers["x-request-id"]) == (200, "given-7")
    for headers in ({}, {"X-Request-ID": "two words"}, {"X-Request-ID": "x" * 129}, {"X-Request-ID": 'a"b'}):
        assert re.fullmatch(r"[0-9a-f]{32}", request(f"{nginx}/", headers=headers).headers["x-request-id"])
