"""The programs of the packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from django_pyz.stage import programs, stage
from django_pyz_runtime.bundle.manifest import PROGRAM_FOLDER, SERVER_FOLDER, Manifest
from tests.build.trees import read_tree, write_tree

MANIFEST = Manifest("shop", "shop", "shop.settings", (), "3.11")
METADATA = {
    "greeter-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: greeter\nVersion: 1\n",
    "greeter-1.dist-info/entry_points.txt": "[console_scripts]\ngreet = greeter:Main.run\npip = greeter:main\n",
    "greeter.py": "import sys\n\nclass Main:\n    @staticmethod\n    def run():\n        print(sys.argv[1:])\n"
    "        return 3\n",
}


def _added(tmp_path: Path, installed: dict[str, str]) -> Path:
    site_packages = write_tree(tmp_path / "site-packages", METADATA)
    write_tree(site_packages, {"django_pyz_runtime/child/path/sitecustomize.py": "print('hook')"})
    (tmp_path / "bin").mkdir(parents=True)
    programs.add_programs(write_tree(tmp_path / "bin", installed), site_packages, MANIFEST)
    return site_packages / PROGRAM_FOLDER


def _run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd="/")


def test_there_is_one_for_each_entry_point_whatever_the_installer_made_of_it(tmp_path: Path) -> None:
    first = _added(tmp_path / "uv", {"greet": "#!/x/python\nuv's", "python3": "", "activate.fish": ""})
    second = _added(tmp_path / "pip", {"greet": "#!/x/python\npip's", "pip3.11": "", "Activate.ps1": ""})

    assert read_tree(first) == read_tree(second)
    assert sorted(read_tree(first)) == ["greet", "python"]


SERVER = {
    "web-2.dist-info/METADATA": "Metadata-Version: 2.1\nName: gunicorn\nVersion: 2\n",
    "web-2.dist-info/entry_points.txt": "[console_scripts]\nweb = web:main\ngreet = web:main\n",
    "web.py": "def main():\n    print('of the server')\n",
}


def test_those_of_the_server_are_there_where_the_project_has_no_gunicorn(tmp_path: Path) -> None:
    site_packages = write_tree(tmp_path / "site-packages", METADATA)
    write_tree(site_packages / SERVER_FOLDER, SERVER)
    stage.add_run_wing(site_packages)
    (tmp_path / "bin").mkdir()

    programs.add_programs(tmp_path / "bin", site_packages, MANIFEST)

    folder = site_packages / PROGRAM_FOLDER
    assert sorted(read_tree(folder)) == ["greet", "python", "web"]
    assert "Main" in (folder / "greet").read_text()
    (folder / "python").write_text(f'#!/bin/sh\nPYTHONPATH={site_packages} exec {sys.executable} -B "$@"\n')
    done = _run(folder / "web")
    assert (done.stdout, done.stderr) == ("of the server\n", "")


def test_a_project_with_a_gunicorn_has_the_programs_of_that_one_only(tmp_path: Path) -> None:
    own = {"gunicorn-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: gunicorn\nVersion: 1\n"}
    site_packages = write_tree(tmp_path / "site-packages", own)
    write_tree(site_packages / SERVER_FOLDER, SERVER)
    (tmp_path / "bin").mkdir()

    programs.add_programs(tmp_path / "bin", site_packages, MANIFEST)

    assert sorted(read_tree(site_packages / PROGRAM_FOLDER)) == ["python"]


def test_it_runs_with_the_python_beside_it(tmp_path: Path) -> None:
    folder = _added(tmp_path, {})
    site_packages = folder.parent
    (folder / "python").write_text(f'#!/bin/sh\nPYTHONPATH={site_packages} exec {sys.executable} "$@"\n')

    done = _run(folder / "greet", "a b", "c")

    assert (done.stdout, done.returncode) == ("['a b', 'c']\n", 3)


def test_the_python_starts_the_real_one_with_the_hook_for_child_processes(tmp_path: Path) -> None:
    folder = _added(tmp_path, {})

    done = _run(folder / "python", "-c", "print('ran')", SHOP__PYTHON=sys.executable)

    assert (done.stdout, done.stderr) == ("hook\nran\n", "")


def test_other_scripts_lose_the_path_of_the_builders_python(tmp_path: Path) -> None:
    short = "#!/home/me/venv/bin/python\nprint(1)\n"
    long = "#!/bin/sh\n'''exec' /home/me/a\\ b/python \"$0\" \"$@\"\n' '''\nprint(1)\n"
    folder = _added(tmp_path, {"short": short, "long": long, "shell": "#!/bin/sh\necho 1\n"})

    assert (folder / "short").read_text() == (folder / "long").read_text()
    assert "/home/me" not in (folder / "short").read_text()
    assert (folder / "shell").read_text() == "#!/bin/sh\necho 1\n"
    assert (folder / "shell").stat().st_mode & 0o777 == 0o755


def test_the_python_of_a_project_whose_name_begins_with_a_digit_starts_too(tmp_path: Path) -> None:
    site_packages = write_tree(tmp_path / "site-packages", METADATA)
    (tmp_path / "bin").mkdir()
    manifest = MANIFEST._replace(name="2shop")

    programs.add_programs(tmp_path / "bin", site_packages, manifest)

    python = site_packages / PROGRAM_FOLDER / "python"
    done = _run(python, "-c", "print('ran')", **{f"{manifest.env_prefix}PYTHON": sys.executable})
    assert (done.stdout, done.stderr) == ("ran\n", "")
