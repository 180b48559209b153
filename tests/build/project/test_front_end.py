"""The front-end steps of a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.project.front_end import steps
from tests.build.trees import write_tree

BUILD = '{"private": true, "scripts": {"start": "x", "build:css": "y", "build": "z"}}'


def _commands(root: Path, files: dict[str, str]) -> list[str]:
    write_tree(root, files)
    return [step.command for step in steps(root, map(Path, files), root)]


@pytest.mark.parametrize(
    ("lock", "command"),
    [
        ("package-lock.json", "npm ci && npm run build"),
        ("yarn.lock", "yarn install --frozen-lockfile && yarn run build"),
        ("pnpm-lock.yaml", "pnpm install --frozen-lockfile && pnpm run build"),
        ("bun.lock", "bun install --frozen-lockfile && bun run build"),
        ("nothing.lock", "npm install && npm run build"),
    ],
)
def test_the_tool_is_the_one_of_the_lock(tmp_path: Path, lock: str, command: str) -> None:
    assert _commands(tmp_path, {"package.json": BUILD, lock: ""}) == [command]


def test_a_package_in_a_folder_is_built_there_with_the_lock_above(tmp_path: Path) -> None:
    files = {"front end/app/package.json": BUILD, "yarn.lock": ""}

    assert _commands(tmp_path, files) == ["cd 'front end/app' && yarn install --frozen-lockfile && yarn run build"]


def test_a_makefile_speaks_where_no_package_does(tmp_path: Path) -> None:
    makefile = (
        "all: css\n\ncss: $(wildcard *.scss)\n\tpysassc a.scss a.css\n\nwatch:\n\tsass --watch .\n\n"
        "CC := gcc\ntest:\n\tpytest\nbundle:\n\t@npx webpack\n"
    )

    assert _commands(tmp_path, {"Makefile": makefile}) == ["make css", "make bundle"]
    assert _commands(tmp_path, {"Makefile": makefile, "package.json": BUILD}) == ["npm install && npm run build"]
