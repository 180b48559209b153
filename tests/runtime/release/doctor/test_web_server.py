"""What nginx says of a site."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz_runtime.release.doctor.web_server import Alias, nginx
from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.release.files.web_servers import nginx as nginx_file

SITE = Site("shop", "shop", binds=("127.0.0.1:8000",))
OTHER = "server { server_name other.example.org; location / { proxy_pass http://unix:/run/other.sock; } }\n"


def written(folder: Path, text: str, user: str = "user www-data;\n") -> Path:
    """A configuration of nginx."""
    (folder / "conf.d").mkdir()
    (folder / "nginx.conf").write_text(f"{user}events {{}}\n")
    (folder / "conf.d" / "shop.conf").write_text(OTHER + text)
    return folder


@pytest.mark.parametrize(
    "way",
    [
        "proxy_pass http://unix:/run/shop.sock;",
        "proxy_pass http://unix:/run/shop.sock:/;",
        "proxy_pass http://127.0.0.1:8000;",
        "include snippets/shop-below-a-path.conf;",
        "proxy_pass http://shop;",
    ],
)
def test_the_names_of_servers_that_lead_to_the_site(way: str, tmp_path: Path) -> None:
    text = "upstream shop { server unix:/run/shop.sock fail_timeout=0; }\nserver {\n  listen 80;\n  # server_name no;\n"
    text += f"  server_name shop.example.org localhost ~^x _;\n  location / {{ {way} }}\n}}\n"
    found = nginx(SITE, written(tmp_path, text))
    assert found.names == {"shop.example.org": str(tmp_path / "conf.d" / "shop.conf")}
    assert found.user == "www-data"


def test_the_file_that_is_written_for_a_site_is_understood(tmp_path: Path) -> None:
    text = nginx_file(SITE).replace("server_name localhost", "server_name shop.example.org")
    for line in ("location /static/ {", "    alias /srv/static/;", "    gzip_static on;"):
        text = text.replace(f"    #{line}", f"    {line}")
    text = text.replace("gzip_static on;\n    #}", "gzip_static on;\n    }")
    where = str(tmp_path / "conf.d" / "shop.conf")
    found = nginx(SITE, written(tmp_path, text, user=""))
    assert (found.names, found.user) == ({"shop.example.org": where}, "nobody")
    assert found.aliases == (Alias("/static/", "/srv/static/", where),)


def test_a_root_is_a_folder_of_folders(tmp_path: Path) -> None:
    text = "server { location ^~ /static/ { root /srv; } location / { proxy_pass http://unix:/run/shop.sock; } }\n"
    [alias] = nginx(SITE, written(tmp_path, text)).aliases
    assert (alias.url, alias.folder) == ("/static/", "/srv/static/")


@pytest.mark.parametrize("text", ["", "server {", "}}}}", "server { server_name a;", "upstream shop {"])
def test_whatever_stands_there(text: str, tmp_path: Path) -> None:
    assert nginx(SITE, written(tmp_path, text)).names == {}


def test_no_nginx(tmp_path: Path) -> None:
    assert nginx(SITE, tmp_path) == ({}, (), "")
