"""Static files at the edge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.conftest import Python

ASK = """
import json, sys
from wsgiref.util import setup_testing_defaults
from django.conf import settings
serve, given, paths = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
settings.configure(**given)
from django_pyz_runtime.static.serving import with_static_files

def project(environ, start_response):
    start_response("404 Not Found", [])
    return [b"the project"]

application = with_static_files(project, serve)
for path in paths:
    environ = {"PATH_INFO": path, "HTTP_ACCEPT_ENCODING": "gzip"}
    setup_testing_defaults(environ)
    started = []
    body = application(environ, lambda status, headers, exc_info=None: started.extend([status, headers]))
    print(json.dumps([started[0], dict(started[1]), b"".join(body).decode("latin-1")]))
    getattr(body, "close", bool)()
"""
PROJECTS = ["404 Not Found", {}, "the project"]
FOREVER = "max-age=315360000, public, immutable"
HASHED = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of static files."""
    (tmp_path / "static/CACHE/css").mkdir(parents=True)
    for name in ("a.css", "b.0123456789ab.css", "CACHE/css/output.0123456789ab.css"):
        (tmp_path / "static" / name).write_text("body {}" * 9, encoding="utf-8")
    (tmp_path / "secret").touch()
    return tmp_path / "static"


def ask(python: Python, serve: str, settings: dict[str, Any], *paths: str) -> list[Any]:
    return [json.loads(line) for line in python(ASK, serve, json.dumps(settings), *paths).splitlines()]


@pytest.mark.parametrize("url", ["/static/", "static/", "/static"])
def test_files_are_served_and_the_rest_is_the_projects(url: str, python: Python, root: Path) -> None:
    settings = {"STATIC_URL": url, "STATIC_ROOT": str(root)}
    file, *others = ask(python, "auto", settings, "/static/a.css", "/", "/static/gone.css", "/static/../secret")
    assert (file[0], file[2]) == ("200 OK", "body {}" * 9)
    assert others == [PROJECTS] * 3


@pytest.mark.parametrize(
    ("serve", "settings"),
    [
        ("off", {}),
        ("auto", {"STATIC_URL": "https://cdn.example.org/static/"}),
        ("whitenoise", {"STATIC_URL": "/"}),
        ("whitenoise", {"STATIC_URL": None}),
        ("whitenoise", {"STATIC_ROOT": None}),
        ("whitenoise", {"STATIC_ROOT": "/nonexistent"}),
    ],
)
def test_these_are_left_to_the_project(serve: str, settings: dict[str, Any], python: Python, root: Path) -> None:
    settings = {"STATIC_URL": "/static/", "STATIC_ROOT": str(root), **settings}
    assert ask(python, serve, settings, "/static/a.css", "/a.css") == [PROJECTS] * 2


def test_whitenoise_serves_behind_another_host_too(python: Python, root: Path) -> None:
    settings = {"STATIC_URL": "https://cdn.example.org/static/", "STATIC_ROOT": str(root)}
    assert ask(python, "whitenoise", settings, "/static/a.css")[0][0] == "200 OK"


def test_only_a_name_with_a_hash_of_its_content_is_cached_for_ever(python: Python, root: Path) -> None:
    manifest = {"version": "1.1", "hash": "", "paths": {"b.css": "b.0123456789ab.css", "a.css": "a.css"}}
    (root / "staticfiles.json").write_text(json.dumps(manifest), encoding="utf-8")
    settings = {"STATIC_URL": "/static/", "STATIC_ROOT": str(root), "STORAGES": {"staticfiles": {"BACKEND": HASHED}}}
    names = ["b.0123456789ab.css", "CACHE/css/output.0123456789ab.css", "a.css"]
    found = ask(python, "auto", settings, *(f"/static/{name}" for name in names))
    assert [headers["Cache-Control"] for _, headers, _ in found] == [FOREVER, FOREVER, "max-age=60, public"]


def test_a_name_with_a_hash_that_no_manifest_knows_is_not_cached_for_ever(python: Python, root: Path) -> None:
    settings = {"STATIC_URL": "/static/", "STATIC_ROOT": str(root)}
    [[_, headers, _]] = ask(python, "auto", settings, "/static/b.0123456789ab.css")
    assert headers["Cache-Control"] == "max-age=60, public"


def test_a_compressed_file_is_served_to_who_takes_it(python: Python, root: Path) -> None:
    (root / "a.css.gz").write_bytes(b"compressed")
    [[_, headers, body]] = ask(python, "auto", {"STATIC_URL": "/static/", "STATIC_ROOT": str(root)}, "/static/a.css")
    assert (headers["Content-Encoding"], body) == ("gzip", "compressed")


def test_links_within_the_folder_are_followed(python: Python, root: Path) -> None:
    (root / "link.css").symlink_to("a.css")
    (root / "links").symlink_to("CACHE")
    settings = {"STATIC_URL": "/static/", "STATIC_ROOT": str(root)}
    paths = "/static/link.css", "/static/links/css/output.0123456789ab.css"
    assert [answer[0] for answer in ask(python, "auto", settings, *paths)] == ["200 OK"] * 2


def test_the_folder_itself_may_be_a_link(python: Python, root: Path) -> None:
    (root.parent / "other").symlink_to(root)
    settings = {"STATIC_URL": "/static/", "STATIC_ROOT": str(root.parent / "other")}
    assert ask(python, "auto", settings, "/static/a.css")[0][0] == "200 OK"


def test_hidden_files_are_not_served_but_well_known_ones_are(python: Python, root: Path) -> None:
    for name in (".env", ".git/config", "CACHE/.htaccess", ".well-known/security.txt"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("text", encoding="utf-8")
    settings = {"STATIC_URL": "/static/", "STATIC_ROOT": str(root)}
    *hidden, known = ask(
        python,
        "auto",
        settings,
        "/static/.env",
        "/static/.git/config",
        "/static/CACHE/.htaccess",
        "/static/.well-known/security.txt",
    )
    assert hidden == [PROJECTS] * 3
    assert known[0] == "200 OK"
