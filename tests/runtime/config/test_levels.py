"""The levels of configuration, each from its source."""

from __future__ import annotations

import json
import os
import pwd
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from django_pyz_runtime.boot.arguments import Arguments, split
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.config import levels
from django_pyz_runtime.config.configuration import Level
from tests.runtime.conftest import Load, run_as

PIECES = [
    "[serve]",
    "[settings]",
    "[env]",
    "[x]",
    "\n",
    "bind",
    "DEBUG",
    "KEY@file",
    "A@credential",
    "=",
    "[",
    "\0",
    "/",
]
as_root = pytest.mark.needs("root")
NOBODY = 65534


@given(st.one_of(st.binary(), st.lists(st.sampled_from(PIECES)).map(lambda pieces: "".join(pieces).encode())))
@example(b"[env]\nA@file = /x\n  \0y\n")
@example(b"[serve]\ntimeout = " + b"9" * 400)
@example("[settings]\nX.² = 1".encode())
def test_any_bytes_give_a_configuration(content: bytes) -> None:
    manifest = Manifest("project", "project-script", "settings", (), "3.11")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "settings.ini")
        path.write_bytes(content)
        Path(folder, "credentials").mkdir()
        environ = {"CREDENTIALS_DIRECTORY": f"{folder}/credentials"}
        configuration = levels.load(manifest, Arguments(str(path), (), []), environ, 0)
    assert all(problem.startswith(str(path)) for problem in configuration.problems)


def test_five_mistakes_in_one_file_are_five_lines_in_order(load: Load, tmp_path: Path) -> None:
    configuration = load(
        "[serve]\nthreads = many\nbnid = x\nthreads = 2\nno equals sign\n[env]\nA@file = /nonexistent/a\n"
    )
    path = tmp_path / "settings.ini"
    assert configuration.problems == (
        f"{path}:2: [serve] threads: wanted a whole number from 1, found 'many'",
        f"{path}:3: [serve] has no 'bnid', did you mean bind?",
        f"{path}:4: this key is already on line 2 of [serve]",
        f"{path}:5: wanted `key = value`, found no `=`",
        f"{path}:7: [env] A@file: /nonexistent/a: no such file or directory",
    )


def test_every_level_is_read_and_knows_its_source(load: Load, manifest: Manifest, tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/a.ini").write_text("[env]\nA = fragment\n", encoding="utf-8")
    (tmp_path / "env.A").write_text("credential\n", encoding="utf-8")
    environ = {"PROJECT__ENV__A": "environment", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    (tmp_path / "settings.ini").write_text("[env]\nA = file\n", encoding="utf-8")
    arguments = split(["--config", str(tmp_path / "settings.ini"), "--set", "env.A=command line"])
    found = levels.load(manifest._replace(sealed={"env.A": "sealed"}), arguments, environ, 0).values["env", "A"]
    assert [(value.text, value.source) for value in (found, *found.shadowed)] == [
        ("command line", "--set env.A"),
        ("environment", "environment PROJECT__ENV__A"),
        ("credential", f"{tmp_path}/env.A, named by $CREDENTIALS_DIRECTORY"),
        ("fragment", f"{tmp_path}/conf.d/a.ini:2"),
        ("file", f"{tmp_path}/settings.ini:2"),
        ("sealed", "sealed at build time"),
    ]


def test_fragments_are_read_in_order_and_the_later_wins(load: Load, tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    names = [f"{number}.ini" for number in range(10, 30)]
    for name in (*names[::2], *names[:0:-2], "99.txt"):
        (tmp_path / "conf.d" / name).write_text(f"[env]\nA = {name}\n", encoding="utf-8")
    winner = load().values["env", "A"]
    assert [value.text for value in (winner, *winner.shadowed)] == names[::-1]


def test_a_default_file_that_is_not_there_is_no_problem(manifest: Manifest, tmp_path: Path) -> None:
    configuration = levels.load(manifest, split([]), {"XDG_CONFIG_HOME": str(tmp_path)}, 1000)
    assert (configuration.problems, configuration.present) == ((), False)


def test_a_named_file_that_is_not_there_is_a_problem(manifest: Manifest, tmp_path: Path) -> None:
    path = tmp_path / "missing.ini"
    [by_option] = levels.load(manifest, split(["--config", str(path)]), {}, 0).problems
    [by_variable] = levels.load(manifest, split([]), {"PROJECT__CONFIG": str(path)}, 0).problems
    assert by_option == f"{path} (named by --config): no such file or directory"
    assert by_variable == f"{path} (named by PROJECT__CONFIG): no such file or directory"


def test_a_folder_in_place_of_a_file_is_a_problem(manifest: Manifest, tmp_path: Path) -> None:
    [problem] = levels.load(manifest, split(["--config", str(tmp_path)]), {}, 0).problems
    assert problem == f"{tmp_path} (named by --config): is a directory"


PIPE = "wanted a regular file (it is read several times), found a pipe; save the content to a file"


@pytest.mark.parametrize(
    ("argv", "place"),
    [
        (["--config", "@PATH@"], "(named by --config): "),
        (["--set", "settings.SECRET_KEY@file=@PATH@"], "--set settings.SECRET_KEY@file: [settings] SECRET_KEY@file: "),
        ([], "conf.d"),
    ],
)
def test_what_can_be_read_only_once_is_refused_and_nobody_waits_for_it(
    argv: list[str], place: str, manifest: Manifest, tmp_path: Path
) -> None:
    (tmp_path / "conf.d").mkdir()
    path = tmp_path / "conf.d" / ("site" if argv else "site.ini")
    os.mkfifo(path)
    main = [] if "--config" in argv else ["--config", os.devnull]
    (tmp_path / "main.ini").touch(mode=0o600)
    given = [word.replace("@PATH@", str(path)) for word in argv] or ["--config", str(tmp_path / "main.ini")]
    [problem] = levels.load(manifest, split([*main, *given]), {}, os.geteuid()).problems
    assert place in problem
    assert str(path) in problem
    assert PIPE in problem


def test_the_null_device_is_an_empty_file(manifest: Manifest) -> None:
    assert levels.load(manifest, split(["--config", os.devnull]), {}, 0).problems == ()


def problems_for_nobody(path: Path) -> str:
    """What a user without rights is told of a configuration file."""
    imports = """
from django_pyz_runtime.boot import arguments
from django_pyz_runtime.bundle import manifest
from django_pyz_runtime.config import levels
"""
    code = """
found = manifest.Manifest("project", "project-script", "settings", (), "3.11")
print(*levels.load(found, arguments.split(sys.argv[1:]), {}, 65534).problems)
"""
    return run_as(65534, imports, code, "--config", path)


@as_root
def test_a_file_that_the_user_may_not_read_is_told_with_user_owner_and_mode(open_folder: Path) -> None:
    path = open_folder / "settings.ini"
    path.touch(mode=0o640)
    found = problems_for_nobody(path)
    user = pwd.getpwuid(65534).pw_name
    assert found == f"{path} (named by --config): user {user} may not read it (owner root, mode 0640)\n"


@pytest.mark.parametrize("text", ["SECRET_KEY = hunter2", "DATABASES.default = postgres://u:hunter2@h/n"])
def test_a_secret_in_a_file_that_all_may_read_is_a_problem(text: str, load: Load, tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    [problem] = load(f"[settings]\n{text}\n", mode=0o644).problems
    assert problem == f"{path}: holds a secret and can be read by everyone (mode 0644): chmod o-rwx {path}"
    assert load(f"[settings]\n{text}\n", mode=0o640).problems == ()


def test_a_file_without_secrets_may_be_read_by_all(load: Load, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter2", encoding="utf-8")
    assert load(f"[settings]\nDEBUG = no\nSECRET_KEY@file = {tmp_path}/key\n", mode=0o644).problems == ()


def test_a_secret_in_a_file_of_its_own_loses_its_line_end_only(load: Load, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(" hunter2 \r\n", encoding="utf-8")
    found = load(f"[settings]\nSECRET_KEY@file = {tmp_path}/key\n").values["settings", "SECRET_KEY"]
    assert (found.text, found.level) == (" hunter2 ", Level.CREDENTIAL)
    assert found.source == f"{tmp_path}/key, named by {tmp_path}/settings.ini:2"


@pytest.mark.parametrize("argv", [["--set", "settings.SECRET_KEY@file=@PATH@"], []])
def test_a_secret_file_can_be_named_on_the_command_line_and_in_the_environment(
    argv: list[str], load: Load, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("hunter2", encoding="utf-8")
    given = [text.replace("@PATH@", f"{tmp_path}/key") for text in argv]
    environ = {} if argv else {"PROJECT__SETTINGS__SECRET_KEY@file": f"{tmp_path}/key"}
    found = load("[settings]\nSECRET_KEY = x\n", *given, **environ).values["settings", "SECRET_KEY"]
    assert (found.text, found.level) == ("hunter2", Level.COMMAND_LINE if argv else Level.ENVIRONMENT)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("KEY@file = key", "wanted an absolute path, found 'key'"),
        ("X@flie = /key", "wanted KEY@file or KEY@credential"),
        ("X@credential = key", "wanted the credential 'key', found no CREDENTIALS_DIRECTORY; systemd sets it where"),
        ("X@file = /dev", "/dev: is a directory"),
    ],
)
def test_a_secret_file_that_cannot_be_had_is_a_problem(line: str, problem: str, load: Load) -> None:
    [found] = load(f"[env]\n{line}\n").problems
    assert problem in found.replace("'********'", "'key'")


def test_a_credential_is_found_by_its_name(load: Load, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n", encoding="utf-8")
    configuration = load("[env]\nA@credential = secret\n", CREDENTIALS_DIRECTORY=str(tmp_path))
    assert configuration.values["env", "A"].text == "hunter2"


def test_credentials_of_other_programs_are_passed_over(load: Load, tmp_path: Path) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials/other.thing").write_text("x", encoding="utf-8")
    configuration = load(CREDENTIALS_DIRECTORY=str(tmp_path / "credentials"))
    assert (dict(configuration.values), configuration.problems) == ({}, ())


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("PROJECT__SERVE__THREADS", ("serve", "threads")),
        ("PROJECT__settings__DATABASES__default__PORT", ("settings", "DATABASES.default.PORT")),
        ("PROJECT__ENV__A__B", ("env", "A__B")),
    ],
)
def test_a_variable_of_ours_sets_a_value(name: str, where: tuple[str, str], load: Load) -> None:
    assert list(load(**{name: "1"}).values) == [where]


@pytest.mark.parametrize("name", ["PROJECT__OTHER__X", "PROJECT__X", "PROJECT__CONFIG", "PROJECT_SERVE", "SERVE__BIND"])
def test_a_variable_of_the_projects_own_is_passed_over(name: str, load: Load) -> None:
    configuration = load(**{name: "x"})
    assert (dict(configuration.values), configuration.problems) == ({}, ())


@pytest.mark.parametrize(
    ("assignment", "found"),
    [("x hunter2", "no `=`"), ("x=hunter2", "'x'"), (".=hunter2", "'.'"), ("a.=hunter2", "'a.'")],
)
def test_an_assignment_without_section_or_value_is_a_problem(assignment: str, found: str, load: Load) -> None:
    assert load("", "--set", assignment).problems == (f"--set: wanted SECTION.KEY=VALUE, found {found}",)


def test_an_unknown_section_on_the_command_line_is_told_by_its_option(load: Load) -> None:
    [problem] = load("", "--set", "sevre.bind=x").problems
    assert problem == "--set sevre.bind: unknown section [sevre], did you mean serve?"


def test_no_secret_is_in_any_problem_of_a_broken_file(load: Load) -> None:
    problems = load(
        "[serve]\ntimeout = x://u:hunter2@h\n[project]\nsecret = hunter2\n"
        "[settings]\nSECRET_KEY: hunter2\nPASSWORD@file = hunter2\n[gunicorn]\nthe key = hunter2\n"
    ).problems
    assert len(problems) == 5
    assert not [problem for problem in problems if "hunter2" in problem]


@as_root
def test_a_folder_that_the_user_may_not_enter_is_a_problem_not_silence(open_folder: Path) -> None:
    closed = open_folder / "etc"
    closed.mkdir(mode=0o700)
    (closed / "settings.ini").touch()
    assert "may not read it" in problems_for_nobody(closed / "settings.ini")
    (open_folder / "settings.ini").touch()
    (open_folder / "conf.d").mkdir(mode=0o700)
    assert "conf.d: user" in problems_for_nobody(open_folder / "settings.ini")


def test_a_file_that_everyone_can_write_is_a_problem(load: Load, tmp_path: Path) -> None:
    load("[serve]\n")
    path = tmp_path / "settings.ini"
    path.chmod(0o606)
    arguments = Arguments(str(path), (), [])
    manifest = Manifest("project", "project-script", "settings", (), "3.11")
    assert levels.load(manifest, arguments, {}, 0).problems == (
        f"{path}: can be written by everyone (mode 0606): chmod o-w {path}",
    )


def test_a_command_line_is_handed_down_to_child_processes_as_it_was() -> None:
    manifest = Manifest("project", "project-script", "settings", (), "3.11")
    given = [["--set", "settings.A__B.c__d=1"], ["--workers", "serve.workers=3"]]
    configuration = levels.load(manifest, split([]), {"PROJECT__SET": json.dumps(given)}, 0)
    assert [(value.key, value.text, value.source) for value in configuration.values.values()] == [
        ("A__B.c__d", "1", "--set settings.A__B.c__d"),
        ("workers", "3", "--workers"),
    ]


@pytest.mark.parametrize("text", ["{", "[1]", "1", '[["a"]]'])
def test_a_handed_down_command_line_that_is_none_is_a_problem(text: str) -> None:
    manifest = Manifest("project", "project-script", "settings", (), "3.11")
    problems = levels.load(manifest, split([]), {"PROJECT__SET": text}, 0).problems
    assert [problem.partition(": ")[0] for problem in problems] == ["environment PROJECT__SET"]


@as_root
@pytest.mark.parametrize("name", ["settings.ini", "conf.d/more.ini", "conf.d", ""])
def test_root_uses_no_configuration_that_another_user_could_have_written(load: Load, tmp_path: Path, name: str) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/more.ini").write_text("[serve]\nthreads = 7\n")
    text = "[serve]\nworkers = 7\n"
    assert load(text).problems == ()
    os.chown(tmp_path / name, NOBODY, NOBODY)
    [problem, *_] = load(text).problems
    path = tmp_path / (name if name.endswith(".ini") else "settings.ini" if not name else "conf.d/more.ini")
    owner = str(tmp_path / name).rstrip("/")
    assert problem == (
        f"{path}: root does not use files that others could have written, and {owner} is owned by user id {NOBODY}, "
        "not by root or user id 0: let root alone write it, or run the command as that user"
    )
    os.chown(tmp_path / name, 0, 0)
    assert load(text).problems == ()


@as_root
def test_root_uses_no_configuration_that_a_group_may_write(load: Load, tmp_path: Path) -> None:
    load("")
    [problem] = load("[serve]\nworkers = 7\n", mode=0o660).problems
    assert f"{tmp_path}/settings.ini can be written by other users (mode 0660)" in problem


@as_root
def test_another_user_uses_one_of_root_and_one_of_its_own(open_folder: Path, manifest: Manifest) -> None:
    path = open_folder / "settings.ini"
    path.write_text("[serve]\nworkers = 7\n")
    for owner in (0, NOBODY):
        os.chown(path, owner, owner)
        assert levels.load(manifest, split(["--config", str(path)]), {}, NOBODY).problems == ()
