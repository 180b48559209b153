"""What `django-admin startproject` makes, with a manage.py that its team has extended."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.harness import Machine, wait_for_line


@pytest.fixture(scope="module")
def shop(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, built."""
    folder = tmp_path_factory.mktemp("another")
    subprocess.run([sys.executable, "-m", "django", "startproject", "shop"], cwd=folder, check=True)
    (folder / "shop" / "requirements.txt").write_text("Django==5.2.19\n")
    manage_py = folder / "shop" / "manage.py"
    manage_py.write_text(manage_py.read_text().replace("import os\n", "import os\n\nos.environ['TEAM'] = 'blue'\n"))
    output = folder / "shop.pyz"
    command = [sys.executable, str(checkout / "build_pyz.py"), str(folder / "shop"), "-o", str(output)]
    command += ["--report", str(folder / "shop.html")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return output


def test_the_report_is_a_page_with_a_map_that_asks_nobody(shop: Path) -> None:
    page = shop.with_suffix(".html").read_text(encoding="utf-8")
    assert "<title>django/contrib: " in page
    assert "<td>asgiref</td>" in page
    assert not re.search(r"(src|href)=", page)


@pytest.fixture
def shop_machine(shop: Path, tmp_path: Path, shared_cache: Path) -> Machine:
    """A machine with it."""
    machine = Machine(tmp_path, shop)
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    return machine


def test_its_manage_py_is_run(shop_machine: Machine) -> None:
    said = shop_machine.succeed("shell", "-v", "0", "-c", "import os; print(os.environ['TEAM'])")
    assert said == "blue\n"


def test_its_manage_py_is_run_again_by_autoreload(shop_machine: Machine) -> None:
    with shop_machine.started("runserver", "127.0.0.1:0") as server:
        wait_for_line(server, "Quit the server with CONTROL-C")


def test_it_serves_the_admin_with_hashed_static_files(shop_machine: Machine) -> None:
    with shop_machine.serving("--migrate", "--workers", "1") as server:
        page = server.get("/admin/login/")
        assert page.status == 200
        path = page.text.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
        assert "immutable" in server.get(path).headers["cache-control"]
