"""Which files of a project go into the bundle."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from pathlib import Path

import pytest

from django_pyz.files.rules import UNTRACKED
from django_pyz.files.selection import DELETED, Selection, add_build_output, select
from django_pyz.options import Options
from django_pyz_runtime.errors import UserError
from tests.build.trees import commit_all, git, write_tree


def _names(selection: Selection) -> list[str]:
    return [path.as_posix() for path in selection.files]


def _select(root: Path, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> Selection:
    return select(root, Options(include=include, exclude=exclude))


@pytest.mark.parametrize(
    ("name", "left_out", "reason"),
    [
        (".hg/store", ".hg/", "version control"),
        ("app/__pycache__/a.pyc", "app/__pycache__/", "cache"),
        (".mypy_cache/x", ".mypy_cache/", "cache"),
        ("a.pyc", "a.pyc", "cache"),
        ("ui/node_modules/x/index.js", "ui/node_modules/", "packages of a front-end build"),
        ("media/photo.jpg", "media/", "uploads"),
        ("env/pyvenv.cfg", "env/", "virtual environment"),
        ("db.sqlite3", "db.sqlite3", "database"),
        ("db.sqlite3-wal", "db.sqlite3-wal", "database"),
        (".env", ".env", "secrets"),
        ("conf/.env.production", "conf/.env.production", "secrets"),
        ("deploy/id_ed25519", "deploy/id_ed25519", "private key"),
        ("myproj/local_settings.py", "myproj/local_settings.py", "settings of this machine"),
        ("dist/shop.pyz", "dist/shop.pyz", "an earlier build"),
        ("conf/prod.env", "conf/prod.env", "secrets"),
        (".env-prod", ".env-prod", "secrets"),
        (".envrc", ".envrc", "secrets"),
        (".netrc", ".netrc", "secrets"),
        (".pypirc", ".pypirc", "secrets"),
        ("infra/terraform.tfstate.backup", "infra/terraform.tfstate.backup", "secrets"),
        (".ssh/config", ".ssh/", "secrets"),
        (".aws/credentials", ".aws/", "secrets"),
        (".gnupg/trustdb.gpg", ".gnupg/", "secrets"),
        (".terraform/x", ".terraform/", "settings of this machine"),
        ("shop.sqlite", "shop.sqlite", "database"),
        ("db.sqlite3-journal", "db.sqlite3-journal", "database"),
        ("celerybeat-schedule", "celerybeat-schedule", "database"),
        ("celerybeat-schedule.dir", "celerybeat-schedule.dir", "database"),
        ("backup/shop.sql.gz", "backup/shop.sql.gz", "database dump"),
        ("trust/shop.jks", "trust/shop.jks", "key store"),
        ("app/.views.py.swp", "app/.views.py.swp", "left behind by an editor"),
        ("app/views.py~", "app/views.py~", "left behind by an editor"),
        ("app/.DS_Store", "app/.DS_Store", "desktop settings"),
        (".coverage", ".coverage", "coverage report"),
        ("htmlcov/index.html", "htmlcov/", "coverage report"),
        (".eggs/README.txt", ".eggs/", "packages of an installation"),
        ("log/debug.log", "log/debug.log", "log"),
    ],
)
def test_what_does_not_belong_is_left_out_with_its_reason(
    tmp_path: Path, name: str, left_out: str, reason: str
) -> None:
    selection = _select(write_tree(tmp_path, {"manage.py": "", name: ""}))

    assert _names(selection) == ["manage.py"]
    assert selection.exclusions == {left_out: reason}


@pytest.mark.parametrize(
    "name",
    [
        "media/__init__.py",
        "media/css/site.css",
        "static/media/logo.png",
        "app/fixtures/media/shop.png",
        "tests/test_it.py",
        "app/env.py",
        "static/.well-known/x",
        "a.pyi",
        ".env.example",
        ".env-dist",
        "docker/example.env",
        ".env.production.sample",
        ".coveragerc",
        ".npmrc",
        "cacert.pem",
        "search.db",
        "shop.egg-info/PKG-INFO",
        "schema.sql",
        "compose.sqlite-dev.yml",
    ],
)
def test_what_only_looks_like_it_stays(tmp_path: Path, name: str) -> None:
    assert _names(_select(write_tree(tmp_path, {name: ""}))) == [name]


def test_the_files_are_sorted(tmp_path: Path) -> None:
    assert _names(_select(write_tree(tmp_path, dict.fromkeys(("b", "a/z", "a.txt", "a/b"), "")))) == [
        "a/b",
        "a/z",
        "a.txt",
        "b",
    ]


@pytest.mark.parametrize("pattern", ["seed.sqlite3", "*.sqlite3"])
def test_an_included_file_goes_in_although_it_would_be_left_out(tmp_path: Path, pattern: str) -> None:
    selection = _select(write_tree(tmp_path, {"manage.py": "", "seed.sqlite3": ""}), include=(pattern,))

    assert (_names(selection), selection.exclusions) == (["manage.py", "seed.sqlite3"], {})


def test_one_included_file_does_not_take_its_folder_along(tmp_path: Path) -> None:
    files = dict.fromkeys(("manage.py", "media/logo.png", "media/user.png", "media/2024/other.png"), "")
    selection = _select(write_tree(tmp_path, files), include=("media/logo.png",))

    assert _names(selection) == ["manage.py", "media/logo.png"]
    assert set(selection.exclusions.values()) == {"uploads"}


@pytest.mark.parametrize("pattern", ["media", "media/", "media/*"])
def test_an_included_folder_goes_in_whole(tmp_path: Path, pattern: str) -> None:
    selection = _select(write_tree(tmp_path, {"media/a/b.png": "", "media/c.png": ""}), include=(pattern,))

    assert _names(selection) == ["media/a/b.png", "media/c.png"]


@pytest.mark.parametrize(
    ("pattern", "left_out"),
    [("docs", {"docs/": "excluded"}), ("docs/", {"docs/a.md": "excluded"}), ("*.md", {"docs/a.md": "excluded"})],
)
def test_what_is_excluded_stays_out(tmp_path: Path, pattern: str, left_out: dict[str, str]) -> None:
    selection = _select(write_tree(tmp_path, {"manage.py": "", "docs/a.md": ""}), exclude=(pattern,))

    assert (_names(selection), selection.exclusions) == (["manage.py"], left_out)


def test_include_wins_over_exclude(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"docs/a.md": "", "docs/b.md": ""})

    assert _names(_select(root, include=("docs/a.md",), exclude=("docs/*",))) == ["docs/a.md"]


def test_an_empty_selection_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"found no file to pack"):
        _select(tmp_path)


def test_without_git_there_is_no_commit(tmp_path: Path) -> None:
    assert _select(write_tree(tmp_path, {"manage.py": ""})).commit == ""


def test_with_git_only_tracked_files_go_in(tmp_path: Path) -> None:
    revision = commit_all(write_tree(tmp_path, {"manage.py": "", "straße.txt": ""}))
    write_tree(tmp_path, {"notes.txt": ""})

    selection = _select(tmp_path)

    assert _names(selection) == ["manage.py", "straße.txt"]
    assert selection.exclusions == {".git/": "version control", "notes.txt": UNTRACKED}
    assert selection.commit == revision


def test_an_untracked_file_that_is_included_goes_in(tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path, {"manage.py": ""}))
    write_tree(tmp_path, {"built/site.css": ""})

    assert _names(_select(tmp_path, include=("built",))) == ["built/site.css", "manage.py"]


def test_a_tracked_secret_stays_out_all_the_same(tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path, {"manage.py": "", ".env": "KEY=1"}))

    assert _select(tmp_path).exclusions[".env"] == "secrets"


def test_an_untracked_secret_is_called_a_secret(tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path, {"manage.py": ""}))

    assert _select(write_tree(tmp_path, {".env": "KEY=1"})).exclusions[".env"] == "secrets"


def test_a_changed_file_is_told_with_the_commit(tmp_path: Path) -> None:
    revision = commit_all(write_tree(tmp_path, {"manage.py": ""}))
    write_tree(tmp_path, {"manage.py": "import os"})

    assert _select(tmp_path).commit == f"{revision}+changes"


def test_a_change_outside_the_project_does_not_matter(tmp_path: Path) -> None:
    revision = commit_all(write_tree(tmp_path, {"web/manage.py": "", "README": ""}))
    write_tree(tmp_path, {"README": "changed"})

    selection = _select(tmp_path / "web")

    assert (_names(selection), selection.commit) == (["manage.py"], revision)


def test_a_project_that_a_repository_around_it_does_not_track_goes_in_whole(tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path, {"README": ""}))
    write_tree(tmp_path, {"web/manage.py": ""})

    selection = _select(tmp_path / "web")

    assert (_names(selection), selection.commit) == (["manage.py"], "")


def test_a_repository_that_git_refuses_to_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit_all(write_tree(tmp_path, {"manage.py": ""}))
    write_tree(tmp_path, {"secret-notes.txt": ""})
    # git's own way to test what it says to a repository of another user, as in a container with a mounted folder.
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    with pytest.raises(UserError, match="dubious ownership"):
        _select(tmp_path)


def test_a_tracked_file_that_is_gone_is_told(tmp_path: Path) -> None:
    revision = commit_all(write_tree(tmp_path, {"manage.py": "", "app/models.py": ""}))
    (tmp_path / "app" / "models.py").unlink()

    selection = _select(tmp_path)

    assert selection.exclusions == {".git/": "version control", "app/models.py": DELETED}
    assert selection.commit == f"{revision}+changes"


def test_the_tracked_files_of_a_submodule_go_in(tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path / "library", {"code.py": ""}))
    commit_all(write_tree(tmp_path / "shop", {"manage.py": ""}))
    git(tmp_path / "shop", "submodule", "add", "--quiet", str(tmp_path / "library"), "library")
    git(tmp_path / "shop", "commit", "--quiet", "--message=Library")
    write_tree(tmp_path / "shop", {"library/notes.txt": ""})

    selection = _select(tmp_path / "shop")

    assert _names(selection) == [".gitmodules", "library/code.py", "manage.py"]
    assert selection.exclusions["library/notes.txt"] == UNTRACKED


@pytest.mark.parametrize("with_git", [True, False])
def test_links_to_files_and_folders_go_in(tmp_path: Path, with_git: bool) -> None:
    root = write_tree(tmp_path / "shop", {"manage.py": "", "real/a.txt": ""})
    (root / "file").symlink_to("manage.py")
    (root / "folder").symlink_to("real")
    if with_git:
        commit_all(root)

    assert _names(_select(root)) == ["file", "folder/a.txt", "manage.py", "real/a.txt"]


def test_a_link_to_a_folder_above_does_not_go_round_in_circles(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {"manage.py": ""})
    (root / "loop").symlink_to(".")

    selection = _select(root)

    assert (_names(selection), selection.exclusions) == (["manage.py"], {"loop/": "link to a folder that contains it"})


KEY = "-----BEGIN PRIVATE KEY-----\n" + base64.encodebytes(hashlib.sha512(b"x").digest() * 2).decode()
CERTIFICATE = KEY.replace("PRIVATE KEY", "CERTIFICATE")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("server.pem", KEY.encode(), "private key"),
        ("chain.pem", (CERTIFICATE + KEY).encode(), "private key"),
        ("cacert.pem", CERTIFICATE.encode(), ""),
        ("public.key", b"-----BEGIN PUBLIC KEY-----\n", ""),
        ("server.key", b"\x30\x82\x04\xa4\x02\x01\x00\x02\x82", "private key"),
        ("server.cer", b"\x30\x82\x04\xa4\x30\x82\x04\xa4", ""),
        ("shop.p12", b"\x30\x82" + bytes.fromhex("2a864886f70d010c0a0102"), "private key"),
        ("trust.p12", b"\x30\x82" + bytes.fromhex("2a864886f70d010c0a0103"), ""),
        ("shop.db", b"SQLite format 3\0...", "database"),
        ("shop.db", b"Berkeley", ""),
    ],
)
def test_what_is_in_a_file_decides_where_its_name_cannot(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (write_tree(tmp_path, {"manage.py": ""}) / name).write_bytes(content)

    assert _select(tmp_path).exclusions.get(name, "") == reason


def test_a_tracked_database_goes_in_where_it_is_no_sites(tmp_path: Path) -> None:
    tables = {"search.db": "page", "seed.sqlite3": "page"}
    sites = ("shop.db", "db.sqlite3")
    for name, table in {**tables, **dict.fromkeys(sites, "django_migrations")}.items():
        connection = sqlite3.connect(tmp_path / name)
        connection.execute(f"CREATE TABLE {table} (x)")
        connection.close()
    commit_all(tmp_path)
    (tmp_path / "other.db").write_bytes((tmp_path / "search.db").read_bytes())

    selection = _select(tmp_path)

    assert _names(selection) == ["search.db", "seed.sqlite3"]
    assert {selection.exclusions[name] for name in (*sites, "other.db")} == {"database"}


def test_what_a_project_tracks_may_be_a_part_of_it(tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path, dict.fromkeys(("tests/apache.log", "fixtures/places.sql.gz"), "")))

    assert _names(_select(tmp_path)) == ["fixtures/places.sql.gz", "tests/apache.log"]


INDEX = "https://shop:f7sK2mPq@pypi.example.org/simple"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", f"--index-url {INDEX}\nDjango\n"),
        ("requirements/base.in", f"library @ {INDEX}/library.whl"),
        ("deps/list", f"--extra-index-url {INDEX}"),
        ("Pipfile", f'[[source]]\nurl = "{INDEX}"\n'),
        ("uv.lock", f'source = {{ registry = "{INDEX}" }}'),
        ("pyproject.toml", f'[[tool.uv.index]]\nurl = "{INDEX}"\n'),
        ("pip.conf", f"[global]\nindex-url = {INDEX}\n"),
        (".npmrc", "//npm.example.org/:_authToken=b2c1d7e9f0a1\n"),
    ],
)
def test_credentials_for_an_index_do_not_go_in_but_are_there_for_building(tmp_path: Path, name: str, text: str) -> None:
    write_tree(tmp_path, {"manage.py": "", name: text})

    selection = select(tmp_path, Options(requirements=("deps/list",)))

    assert selection.exclusions == {name: "names a package index with credentials"}
    assert selection.for_building == (Path(name),)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "--index-url https://${USER}:${PASSWORD}@pypi.example.org/simple\nDjango\n"),
        ("requirements.txt", "library @ git+https://git@example.org/library.git\n"),
        ("pyproject.toml", 'authors = [{ email = "somebody@example.org" }]\nurl = "https://example.org"'),
        (".npmrc", "//npm.example.org/:_authToken=${NPM_TOKEN}\n"),
    ],
)
def test_an_index_without_credentials_may_be_named(tmp_path: Path, name: str, text: str) -> None:
    assert _names(_select(write_tree(tmp_path, {name: text}))) == [name]


@pytest.mark.parametrize("with_git", [True, False])
def test_a_working_copy_has_what_is_left_out_but_no_secrets(tmp_path: Path, with_git: bool) -> None:
    kept = ["fixtures/seed.sqlite3", "ui/app.ts", "ui/src/deep.ts"]
    named = ["fixtures/seed.sqlite3", "shop/a.pyc", "shop/local_settings.py"]
    never = [".env", "id_rsa", "ui/.env"]
    write_tree(tmp_path, dict.fromkeys(("manage.py", *kept, *named, *never), ""))
    write_tree(tmp_path, {"server.key": KEY})
    if with_git:
        commit_all(tmp_path)
        write_tree(tmp_path, {"notes.txt": "", "media/photo.jpg": "", "node_modules/x/index.js": ""})

    selection = _select(tmp_path, exclude=("ui",))

    assert _names(selection) == (sorted(["manage.py", *named]) if with_git else ["manage.py"])
    assert [path.as_posix() for path in selection.for_building] == [
        name for name in kept if name not in _names(selection)
    ]


def test_what_build_commands_make_is_chosen_by_the_same_rules(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {"manage.py": "", "old.txt": "", ".gitignore": "dist\n", "dist/app.js": "old"})
    git(root, "init", "--quiet")
    git(root, "add", ".")
    selection = select(root, Options())
    copy = write_tree(tmp_path / "copy", {"manage.py": "", ".gitignore": "", "dist/app.js": "new"})
    write_tree(copy, {"node_modules/x.js": "", ".env": "", "locale/de.mo": ""})

    found = add_build_output(selection, copy, Options())

    assert [path.as_posix() for path in found.files] == [".gitignore", "dist/app.js", "locale/de.mo", "manage.py"]
    assert "dist/app.js" not in found.exclusions
    assert "node_modules/" in found.exclusions


MEDIA = {"shop/admin/media/app/list.html": "", "shop/media/vendor/player.js": "", "media/logo.png": ""}
BY_NAME_ONLY = {
    **MEDIA,
    "shop/local_settings.py": "DEBUG = False",
    "ui/node_modules/x/index.js": "",
    ".azure/pipelines.yml": "",
    ".cache/x": "",
    ".vscode/settings.json": "",
    "htmlcov/index.html": "",
    "dist/shop.pyz": "",
    "data/celerybeat-schedule": "",
    "app/readme~": "",
}


def test_what_git_tracks_is_not_left_out_for_its_name(tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path, {"manage.py": "", **BY_NAME_ONLY}))
    write_tree(tmp_path, {"media/photo.jpg": "", "media/2024/photo.jpg": "", "other/media/x.jpg": ""})

    selection = _select(tmp_path)

    assert _names(selection) == sorted(["manage.py", *BY_NAME_ONLY])
    assert selection.exclusions == {
        ".git/": "version control",
        "media/photo.jpg": "uploads",
        "media/2024/": "uploads",
        "other/media/": "uploads",
    }


def test_what_git_tracks_stays_out_where_it_says_that_it_holds_a_secret(tmp_path: Path) -> None:
    secrets = (
        ".ssh/config",
        ".aws/credentials",
        ".docker/config.json",
        ".envs/.production/.django",
        "a/__pycache__/x.pyc",
    )
    commit_all(write_tree(tmp_path, {"manage.py": "", **dict.fromkeys(secrets, "")}))

    assert _names(_select(tmp_path)) == ["manage.py"]


def test_templates_in_a_folder_with_a_name_for_uploads_go_in_without_git(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"shop/templates/shop/media/list.html": "", "shop/static/js/media/x.js": ""})

    assert _names(_select(root)) == ["shop/static/js/media/x.js", "shop/templates/shop/media/list.html"]


VARIABLES = "# for the site\nDEBUG=0\nDJANGO_SECRET_KEY=example-only\n"
SECRET_FILES = {
    ".envs/.production/.django": "",
    ".envs/.production/.postgres": "",
    ".secrets/key": "",
    "env.list": "",
    ".flaskenv": "",
    "secrets.yml": "",
    "secrets.json": "",
    "conf/secrets": "",
    "conf/prod-secrets.yaml": "",
    "conf/secrets.production.toml": "",
    "conf/secret.key": "",
    ".secrets.toml": "",
    ".secrets.production": "",
    "secret_key.txt": "",
    "credentials.json": "",
    "google_credentials.json": "",
    "client_secret_12.apps.json": "",
    "service-account-prod.json": "",
    "config/master.key": "",
    "prod.tfvars": "",
    "config/environment": VARIABLES,
    "config/live.conf": VARIABLES,
    "settings.local": "export DB_PASSWORD='x1'\n",
    "deploy/vars": 'API_TOKEN = "abc"\n',
    "deploy/urls": "DATABASE_URL=postgres://shop:pw1@db/shop\n",
    "shop/secrets.py": "SECRET_KEY = 'abc'\n",
}
NO_SECRET_FILES = {
    "shop/views/secrets.py": "def secrets(request): ...\n",
    "shop/templates/secrets.txt": "",
    "shop/static/secrets.json": "",
    "shop/secrets.html": "",
    "credentials.png": "",
    "secrets.example.yml": "",
    "env.example": VARIABLES,
    "config/names": "SECRET_KEY=\nTOKEN_URL=https://example.org\nPASSWORD_RESET_TIMEOUT=300\nTOKEN=${TOKEN}\n",
    "config/mixed": "one line\nPASSWORD=abc\n",
    "locale/texts.properties": "password=Passwort\n",
}


@pytest.mark.parametrize("with_git", [True, False])
@pytest.mark.parametrize("name", [name for name in SECRET_FILES if not name.endswith(".py")])
def test_a_file_with_secrets_stays_out_until_it_is_named(tmp_path: Path, name: str, with_git: bool) -> None:
    write_tree(tmp_path, {"manage.py": "", name: SECRET_FILES[name]})
    if with_git:
        commit_all(tmp_path)

    selection = _select(tmp_path)

    assert (_names(selection), selection.for_building) == (["manage.py"], ())
    left_out = next(key for key in selection.exclusions if name.startswith(key))
    assert selection.exclusions[left_out] == "secrets"
    for options in (Options(include=(name,)), Options(allow_secrets=(name,))):
        assert name in _names(select(tmp_path, options))


def test_a_module_with_secrets_that_git_does_not_track_stays_out(tmp_path: Path) -> None:
    write_tree(tmp_path, {"manage.py": "", "shop/secrets.py": SECRET_FILES["shop/secrets.py"]})

    assert _names(_select(tmp_path)) == ["manage.py"]


@pytest.mark.parametrize("name", NO_SECRET_FILES)
def test_a_file_that_is_about_secrets_goes_in(tmp_path: Path, name: str) -> None:
    assert _names(_select(write_tree(tmp_path, {name: NO_SECRET_FILES[name]}))) == [name]
