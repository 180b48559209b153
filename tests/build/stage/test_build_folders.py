"""The steps that fill the folders of a build."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from django_pyz.options import Options
from django_pyz.plan import Plan, make_plan
from django_pyz.stage.build_folders import BuildFolders, build_config, install, with_build_commands
from django_pyz_runtime.errors import UserError
from tests.build.trees import SMALL_PROJECT, commit_all, write_tree


def _config(tmp_path: Path, wanted: str) -> tuple[Path | None, Plan]:
    """Make a project with its copy, and ask for the configuration of the build."""
    root = write_tree(tmp_path / "shop", {**SMALL_PROJECT, "ci/build.ini": "[env]\n"})
    commit_all(root)
    write_tree(tmp_path, {"shop/new.ini": "[env]\n", "outside/build.ini": "[env]\n", "outside/conf.d/more.ini": ""})
    scratch = tmp_path / "scratch"
    copy = write_tree(scratch / "source" / "shop", {"ci/build.ini": "[env]\n"})
    (scratch / "source" / "outside").symlink_to(tmp_path / "outside")
    plan = make_plan(root, tmp_path / "x.pyz", lambda options: replace(options, build_config=wanted))
    folders = BuildFolders(scratch, copy, scratch / "venv", scratch / "server", scratch / "site-packages")
    return build_config(plan, folders), plan


@pytest.mark.parametrize("wanted", ["ci/build.ini", "new.ini", "../outside/build.ini", "{}/outside/build.ini"])
def test_the_configuration_for_the_build_is_private_and_the_user_s_keeps_its_mode(tmp_path: Path, wanted: str) -> None:
    config, plan = _config(tmp_path, wanted.format(tmp_path))

    assert config is not None
    original = plan.found.root / wanted.format(tmp_path)
    assert (config.read_text(), stat.S_IMODE(config.stat().st_mode)) == ("[env]\n", 0o600)
    assert stat.S_IMODE(original.stat().st_mode) != 0o600
    assert (config.parent / "conf.d" / "more.ini").exists() == ("outside" in wanted)


def test_without_one_there_is_none(tmp_path: Path) -> None:
    assert _config(tmp_path, "")[0] is None


@pytest.mark.slow
def test_the_option_that_a_build_command_without_its_module_names_works(tmp_path: Path) -> None:
    pyproject = (
        '[project]\nname = "shop"\nversion = "1"\ndependencies = ["Django"]\n[dependency-groups]\nfront = ["idna"]\n'
    )
    root = write_tree(tmp_path / "shop", {**SMALL_PROJECT, "pyproject.toml": pyproject})
    (root / "requirements.txt").unlink()
    options = Options(build_commands=("python -c 'import idna'",))

    with pytest.raises(UserError, match="No module named 'idna'") as caught:
        _run_build_commands(root, tmp_path / "first", options)
    assert "idna is not installed." in caught.value.hint
    told = re.search(r"Give --groups (\w+)\.$", caught.value.hint)
    assert told

    _run_build_commands(root, tmp_path / "second", replace(options, groups=(told[1],)))


def _run_build_commands(root: Path, scratch: Path, options: Options) -> None:
    scratch.mkdir()
    plan = make_plan(root, scratch / "x.pyz", lambda _: options)
    with_build_commands(plan, install(plan, scratch))
