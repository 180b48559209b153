"""settings.ini and its levels, seen from outside."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import django_pyz
from tests.e2e.harness import Machine

CHILD_SETTING = """
import subprocess, sys
code = "from django.conf import settings; print(settings.LANGUAGE_CODE)"
subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL, check=True)
"""
"""Prints a setting as a child of a child process sees it, whose standard input is another one."""
PRINT = "from django.conf import settings; print(repr({}))"


def setting(machine: Machine, expression: str, *options: str, **environment: str) -> str:
    """A Django setting as a command of the bundle sees it."""
    code = PRINT.format(expression)
    return machine.succeed(*options, "shell", "-v", "0", "-c", code, **environment).strip()


def test_five_mistakes_give_one_report_with_their_lines(machine: Machine) -> None:
    path = machine.configure(
        "[serve]\nworkers = many\ntreads = 2\n\n[settings]\nDEBUG = maybe\n\n[helth]\nlive = /up\n\n[log]\nlevel\n"
    )
    done = machine.run("check")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"project-script: {path}:2: [serve] workers: wanted auto or a whole number from 1, found 'many'",
        f"project-script: {path}:3: [serve] has no 'treads', did you mean threads?",
        f"project-script: {path}:6: [settings] DEBUG: wanted true or false, found 'maybe'",
        f"project-script: {path}:9: unknown section [helth], did you mean health?",
        f"project-script: {path}:12: wanted `key = value`, found no `=`",
    ]


@pytest.mark.parametrize("command", [["runserve"], ["migrate"], ["pyz", "config", "check"], ["collectstatic"]])
def test_each_command_refuses_a_broken_file_alike(machine: Machine, command: list[str]) -> None:
    path = machine.configure("[serve]\nworkers = many\n")
    done = machine.run(*command)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{path}:2: " in done.stderr


def test_a_higher_level_wins(machine: Machine) -> None:
    machine.configure("[settings]\nLANGUAGE_CODE = fr\n")
    assert setting(machine, "settings.LANGUAGE_CODE") == "'fr'"
    environment = {"PROJECT__SETTINGS__LANGUAGE_CODE": "nl"}
    assert setting(machine, "settings.LANGUAGE_CODE", **environment) == "'nl'"
    assert setting(machine, "settings.LANGUAGE_CODE", "--set", "settings.LANGUAGE_CODE=it", **environment) == "'it'"


def test_config_names_another_file(machine: Machine) -> None:
    machine.configure("[settings]\nLANGUAGE_CODE = fr\n")
    other = machine.folder / "other.ini"
    other.write_text("[settings]\nLANGUAGE_CODE = pl\n")
    assert setting(machine, "settings.LANGUAGE_CODE", "--config", str(other)) == "'pl'"


def test_a_relative_path_means_the_same_to_all_that_reads_it(machine: Machine) -> None:
    folder = machine.elsewhere / "conf"
    folder.mkdir()
    database = machine.folder / "named.sqlite3"
    (folder / "site.ini").write_text(f"[settings]\nDATABASES.default.NAME = {database}\n")
    program = machine.elsewhere / "programs" / "bin"
    program.mkdir(parents=True)
    (program.parent / "site").symlink_to(machine.executable)
    (machine.elsewhere / "bin").symlink_to(program)
    machine.executable = Path("bin/../site")
    # One that serves has gone to the project's folder; a child starts the file from a folder of its own.
    machine.succeed("--config", "conf/site.ini", "runserve", "--migrate", "--check")
    assert database.exists()
    code = "import os, subprocess, sys; os.chdir('/'); subprocess.run([{}, 'pyz', 'config', 'explain', 'DATABASES'])"
    found = machine.succeed(
        "--config", "conf/site.ini", "pyz", "exec", "python", "-c", code.format("os.environ['PROJECT__EXECUTABLE']")
    )
    assert str(database) in found


def test_a_pipe_is_refused_once_and_its_content_in_a_file_is_taken(machine: Machine) -> None:
    content = "[settings]\nLANGUAGE_CODE = pl\n"
    done = machine.run("--config", "/dev/stdin", "check", stdin=content)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "project-script: /dev/stdin (named by --config): wanted a regular file (it is read several times), found "
        "a pipe; save the content to a file\n"
    )
    path = machine.folder / "piped.ini"
    path.write_text(content)
    with path.open() as file:
        command = [str(machine.executable), "--config", "/dev/stdin", "pyz", "exec", "python", "-c", CHILD_SETTING]
        found = subprocess.check_output(command, stdin=file, env=machine.environment, cwd=machine.elsewhere, text=True)
    assert found == "pl\n"


def test_env_is_there_before_the_settings_and_the_process_s_own_wins(machine: Machine) -> None:
    machine.configure("[env]\nLANGUAGE = from-file\n")
    code = "import os; print(os.environ['LANGUAGE'])"
    assert machine.succeed("shell", "-v", "0", "-c", code).strip() == "from-file"
    assert machine.succeed("shell", "-v", "0", "-c", code, LANGUAGE="mine").strip() == "mine"


def test_settings_are_typed_by_what_they_replace(machine: Machine) -> None:
    machine.configure(
        "[settings]\nDEBUG = off\nALLOWED_HOSTS = a.example.org, b.example.org\nDATABASES.default.CONN_MAX_AGE = 60\n"
        "INSTALLED_APPS += django.contrib.humanize\n"
    )
    assert setting(machine, "settings.DEBUG") == "False"
    assert setting(machine, "settings.ALLOWED_HOSTS") == "['a.example.org', 'b.example.org']"
    assert setting(machine, "settings.DATABASES['default']['CONN_MAX_AGE']") == "60"
    assert setting(machine, "settings.INSTALLED_APPS[-1]") == "'django.contrib.humanize'"


def test_a_secret_may_lie_in_a_file_of_its_own(machine: Machine) -> None:
    (machine.folder / "key").write_text("from-a-file-" * 5)
    machine.configure(f"[settings]\nSECRET_KEY@file = {machine.folder / 'key'}\n")
    assert setting(machine, "settings.SECRET_KEY[:11]") == "'from-a-file'"


def test_a_secret_may_be_a_credential(machine: Machine) -> None:
    folder = machine.folder / "credentials"
    folder.mkdir()
    (folder / "settings.LANGUAGE_CODE").write_text("sv\n")
    (folder / "key").write_text("credential-" * 5)
    machine.configure("[settings]\nSECRET_KEY@credential = key\n")
    environment = {"CREDENTIALS_DIRECTORY": str(folder)}
    assert setting(machine, "settings.LANGUAGE_CODE", **environment) == "'sv'"
    assert setting(machine, "settings.SECRET_KEY[:10]", **environment) == "'credential'"


def test_local_settings_run_last(machine: Machine) -> None:
    local = machine.folder / "local.py"
    local.write_text("LANGUAGE_CODE = LANGUAGE_CODE + '-local'\n")
    machine.configure(f"[project]\nlocal_settings = {local}\n[settings]\nLANGUAGE_CODE = fr\n")
    assert setting(machine, "settings.LANGUAGE_CODE") == "'fr-local'"


def test_local_settings_that_others_can_write_are_refused(machine: Machine) -> None:
    local = machine.folder / "local.py"
    local.write_text("raise SystemExit('ran')\n")
    local.chmod(0o666)
    machine.configure(f"[project]\nlocal_settings = {local}\n")
    done = machine.run("check")
    assert done.returncode == 2
    assert str(local) in done.stderr
    assert "ran" not in done.stderr.split()


def test_a_file_with_a_secret_must_not_be_open_to_all(machine: Machine) -> None:
    path = machine.configure("[settings]\nSECRET_KEY = hidden-from-everyone\n")
    path.chmod(0o644)
    done = machine.run("check")
    assert done.returncode == 2
    assert f"chmod o-rwx {path}" in done.stderr
    assert "hidden-from-everyone" not in done.stderr


def test_a_file_that_is_named_must_be_there(machine: Machine) -> None:
    done = machine.run("--config", "/no/such/settings.ini", "check")
    assert done.returncode == 2
    assert done.stderr == "project-script: /no/such/settings.ini (named by --config): no such file or directory\n"


def test_init_writes_a_file_that_check_accepts(machine: Machine) -> None:
    path = machine.folder / "etc" / "settings.ini"
    machine.succeed("pyz", "config", "init", "-o", str(path))
    assert path.stat().st_mode & 0o007 == 0
    assert "no problems found" in machine.succeed("--config", str(path), "pyz", "config", "check")
    # As root it names /var/lib, which is no place for a test to write to.
    options = ("--config", str(path), "--set", f"project.data_dir={machine.data}")
    assert setting(machine, "(settings.DEBUG, len(settings.SECRET_KEY) > 50)", *options) == "(False, True)"


def test_init_leaves_a_file_alone(machine: Machine) -> None:
    path = machine.configure("[settings]\n")
    done = machine.run("pyz", "config", "init")
    assert done.returncode == 2
    assert "already exists" in done.stderr
    assert path.read_text() == "[settings]\n"


def test_show_tells_values_sources_and_moves_but_no_secrets(machine: Machine) -> None:
    path = machine.configure("[settings]\nSECRET_KEY = do-not-show\n[serve]\nthreads = 9\n")
    said = machine.succeed("pyz", "config", "show")
    assert f"threads = 9{' ' * 39}  # {path}:4" in said
    assert f"DATABASES.default.NAME = {machine.data}/db.sqlite3" in said
    assert f"# MEDIA_ROOT = PosixPath('{machine.data}/media')" in said
    assert "# SECRET_KEY = '********'" in said
    assert "do-not-show" not in said


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("INSTALLED_APPS += no.such.app", "INSTALLED_APPS: no.such.app: No module named 'no'"),
        ("DATABASES.default.ENGINE = nosuch", "DATABASES.default: 'nosuch' isn't an available database backend"),
        ("ALLOWED_HOSTS = None", "The ALLOWED_HOSTS setting must be a list or a tuple"),
        ("TIME_ZONE = Moon/Base", "on this machine has no time zone 'Moon/Base'"),
        ("LANGUAGE_CODE = not_a_language", "translation.E001: You have provided an invalid value"),
        ("CACHES = {}", "caches.E001: You must define a 'default' cache"),
    ],
)
def test_check_reports_what_django_would_refuse(machine: Machine, entry: str, said: str) -> None:
    machine.configure(f"[settings]\n{entry}\n")
    done = machine.run("pyz", "config", "check")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_explain_tells_what_is_shadowed(machine: Machine) -> None:
    path = machine.configure("[serve]\nthreads = 9\n")
    said = machine.succeed("pyz", "config", "explain", "serve.threads", PROJECT__SERVE__THREADS="3")
    assert said.splitlines()[:2] == ["serve.threads = 3", "  from     environment PROJECT__SERVE__THREADS"]
    assert said.splitlines()[-1] == f"  shadows  9 ({path}:2)"


def test_explain_hides_secrets(machine: Machine) -> None:
    machine.configure("[settings]\nDATABASES.default = postgres://user:do-not-show@db/site\n")
    assert "'HOST': 'db'" in machine.succeed("pyz", "config", "explain", "DATABASES")
    for key in ("DATABASES", "DATABASES.default", "settings.DATABASES.default", "DATABASES.default.PASSWORD"):
        assert "do-not-show" not in machine.succeed("pyz", "config", "explain", key)


def test_show_works_when_the_settings_are_broken(machine: Machine) -> None:
    done = machine.run("--set", "project.settings_module=nosuch.settings", "pyz", "config", "show")
    assert done.returncode == 2
    assert "[serve]" in done.stdout
    assert "nosuch" in done.stderr


def test_to_look_at_the_configuration_writes_nothing(machine: Machine) -> None:
    for part in (["show"], ["check"], ["explain", "SECRET_KEY"]):
        machine.succeed("pyz", "config", *part)
    assert not machine.data.exists()


def test_a_reader_who_has_seen_enough_ends_it_quietly(machine: Machine) -> None:
    command = f"{machine.executable} pyz config show | head -n 1"
    done = subprocess.run(["bash", "-c", command], env=machine.environment, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[0] == "[project]"


def test_additions_of_several_levels_add_up(machine: Machine) -> None:
    machine.configure("[settings]\nINSTALLED_APPS += django.contrib.humanize\n")
    options = ("--set", "settings.INSTALLED_APPS += django.contrib.sites")
    found = setting(machine, "settings.INSTALLED_APPS[-2:]", *options)
    assert found == "['django.contrib.humanize', 'django.contrib.sites']"


def test_info_tells_where_everything_is(machine: Machine, sample_bundle: Path) -> None:
    said = machine.succeed("pyz", "info")
    assert f"executable      {sample_bundle}\n" in said
    assert f"data            {machine.data}\n" in said
    assert "Django          5.2" in said
    assert "version         1.0\n" in said
    assert f"built by        django-pyz {django_pyz.__version__}\n" in said


def test_its_version_is_the_project_s_and_that_of_django_stays_a_command(machine: Machine) -> None:
    build = machine.succeed("pyz", "info").partition("build           ")[2][:12]
    django = machine.succeed("version").strip()
    assert machine.succeed("--version") == f"project 1.0 (build {build}, Django {django})\n"


def test_info_gives_the_bill_of_materials(machine: Machine) -> None:
    assert '"purl": "pkg:pypi/django@5.2' in machine.succeed("pyz", "info", "--sbom")
