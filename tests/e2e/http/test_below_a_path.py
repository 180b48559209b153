"""A site below a path: told by a variable, a header, FORCE_SCRIPT_NAME or the server that mounts it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.files.web_servers import nginx as server_of_nginx
from django_pyz_runtime.release.files.web_servers import nginx_below_a_path
from tests.conftest import CHECKOUT
from tests.e2e.corpus.cases import Case, build
from tests.e2e.corpus.sources import Source
from tests.e2e.harness import Machine, Response, Server, request, running, wait_for_line
from tests.e2e.http.raw_http import ask
from tests.e2e.nginx import nginx as running_nginx
from tests.waiting import wait_until


class Way(NamedTuple):
    """A way to tell a site where it is: by its settings, its environment, or a header of each request.

    Attributes:
        settings: lines of [settings].
        variable: SCRIPT_NAME in the server's environment.
        header: a header's value, which gunicorn is told to believe.
        is_cut: whether the web server takes the site's path out of what it asks for.
    """

    settings: str = ""
    variable: str = ""
    header: str = ""
    is_cut: bool = False

    @property
    def believed(self) -> str:
        """The section that has the header believed."""
        return "[gunicorn]\nforwarder_headers = SCRIPT_NAME" if self.header else ""

    def get(self, server: Server, path: str) -> Response:
        """Ask as the web server in front does that is asked for a path."""
        asked = path.removeprefix("/shop") if self.is_cut else path
        return request(server.url + asked, headers={"SCRIPT_NAME": self.header} if self.header else {})


WAYS = {
    "variable": Way(variable="/shop"),
    "variable-and-cut": Way(variable="/shop/", is_cut=True),
    "header": Way(header="/shop"),
    "forced-and-cut": Way("FORCE_SCRIPT_NAME = /shop\n", is_cut=True),
}


@pytest.fixture(scope="module")
def site(checkout: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with the project on it, whose database is there."""
    scratch = tmp_path_factory.mktemp("sub-path")
    case = Case(Source("sub-path", "tree", "tests/projects/sub-path"))
    build(case, checkout, case.source.make(scratch), scratch / "release")
    machine = Machine(tmp_path_factory.mktemp("site"), scratch / "release", "sub-path")
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    machine.succeed("migrate", "--verbosity", "0")
    return machine


def configure(site: Machine, settings: str = "", serve: str = "") -> None:
    site.configure(f"[settings]\n{settings}\n[serve]\nworkers = 1\n{serve}\n")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """One of the ways."""
    return WAYS[request.param]


def check_page(page: Response, path: str = "/shop/") -> str:
    """Check the links of a page, and return that of the style sheet."""
    shown, link, style = page.text.split()
    assert (page.status, shown, link) == (200, path, "/shop/")
    assert re.fullmatch(r"/shop/static/look/site\.[0-9a-f]{12}\.css", style)
    return style


def check_style(style: Response) -> None:
    assert (style.status, style.body) == (200, b"body{}\n")
    assert "immutable" in style.headers["cache-control"]


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
@pytest.mark.parametrize("url", ["static/", "/shop/static/"])
def test_links_lead_to_files_and_probes_are_answered_with_and_without_the_path(
    way: Way, url: str, interface: str, site: Machine
) -> None:
    settings = f"{way.settings}STATIC_URL = {url}"
    configure(site, settings, f"interface = {interface}\n{way.believed}")
    with site.serving(SCRIPT_NAME=way.variable) as server:
        assert way.get(server, "/shop/-/ready").text == "ok\n"
        # Django's request has the path that was asked for with ASGI.
        is_short = interface == "asgi" and "FORCE" in way.settings
        style = check_page(way.get(server, "/shop/"), "/" if is_short else "/shop/")
        check_style(way.get(server, style))
        assert way.get(server, "/shop/static/look/none.css").status == 404
        for path in ("/-/live", "/-/ready"):
            assert server.get(path).text == "ok\n"
            assert request(server.url + path, headers={"SCRIPT_NAME": "/shop"}).text == "ok\n"
        assert server.get("/shopping/").status == 404
        assert "Traceback" not in server.said


@pytest.mark.parametrize("url", ["static/", "/shop/static/"])
def test_asgi_finds_the_files_below_a_forced_path_that_is_not_cut(url: str, site: Machine) -> None:
    settings = f"FORCE_SCRIPT_NAME = /shop\nSTATIC_URL = {url}"
    configure(site, settings, "interface = asgi")
    with site.serving() as server:
        check_style(server.get(check_page(server.get("/shop/"))))
        assert server.get("/shop/-/live").text == "ok\n"


def test_gunicorn_s_own_root_path_holds_for_asgi(site: Machine) -> None:
    more = "interface = asgi\n[gunicorn]\nroot_path = /shop"
    configure(site, "", more)
    with site.serving() as server:
        check_style(server.get(check_page(server.get("/shop/"))))


def test_a_worker_class_of_gunicorn_s_gets_the_same_paths(site: Machine) -> None:
    configure(site, "", "threads = 1\n[gunicorn]\nworker_class = sync")
    with site.serving(SCRIPT_NAME="/shop") as server:
        check_style(server.get(check_page(server.get("/shop/"))))
        assert server.get("/-/live").text == "ok\n"


@pytest.mark.parametrize("url", ["static/", "/shop/static/"])
def test_a_server_that_mounts_it_below_a_path_as_mod_wsgi_s_alias_does(url: str, site: Machine, tmp_path: Path) -> None:
    configure(site, f"STATIC_URL = {url}")
    text = (CHECKOUT / "etc/project/myproj.wsgi").read_text()
    (tmp_path / "shop_wsgi.py").write_text(text.replace("/usr/bin/project-script", str(site.executable)))
    command = (sys.executable, "-m", "waitress", "--listen=127.0.0.1:0", "--url-prefix=/shop", "shop_wsgi:application")
    with running(command, cwd=tmp_path, env=site.environment) as server:
        server.url = wait_for_line(server, r"Serving on (http://\S+)")
        check_style(server.get(check_page(server.get("/shop/"))))
        assert server.get("/shop/-/live").text == "ok\n"


@pytest.fixture(params=["", "/shop"], ids=["told by a variable", "told by the settings"])
def path(request: pytest.FixtureRequest) -> str:
    """What FORCE_SCRIPT_NAME says about where the site is."""
    return request.param  # type: ignore[no-any-return]  # pytest's own type


@pytest.fixture
def nginx(path: str, tmp_path: Path) -> Iterator[str]:
    """nginx by the files for a site, also below a path, in front of a socket in the test's folder; its URL."""
    made = Site("shop", "shop-script", path=path)
    (tmp_path / "below.conf").write_text(nginx_below_a_path(made).replace(made.socket, f"{tmp_path}/site.sock"))
    text = server_of_nginx(made).replace(made.socket, f"{tmp_path}/site.sock")
    listen = f"listen unix:{tmp_path}/nginx.sock; include {tmp_path}/below.conf;"
    with running_nginx(tmp_path, text.replace("listen 80;", listen)):
        yield f"unix:{tmp_path}/nginx.sock"


@pytest.mark.needs("nginx")
@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_the_nginx_file_below_a_path_leads_to_the_site(
    interface: str, path: str, nginx: str, site: Machine, tmp_path: Path
) -> None:
    told = f"FORCE_SCRIPT_NAME = {path}" if path else "[env]\nSCRIPT_NAME = /shop"
    configure(site, told, f"interface = {interface}")
    with site.started("runserve", "--bind", f"unix:{tmp_path}/site.sock") as server:
        wait_for_line(server, "Listening at: unix:")
        wait_until(lambda: ask(nginx, "/shop/-/live").statuses == [200], lambda: server.said)
        page = ask(nginx, "/shop/").data
        [style] = re.findall(rb"/shop/static/look/site\.[0-9a-f]{12}\.css", page)
        assert ask(nginx, style.decode()).data.endswith(b"body{}\n")
