"""Small trees for the tests of the build wing."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

PLAIN_MANAGE_PY = """\
import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myproj.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
"""
SMALL_PROJECT = {
    "manage.py": PLAIN_MANAGE_PY,
    "myproj/__init__.py": "",
    "myproj/settings.py": "",
    "requirements.txt": "Django\n",
}


def write_tree(root: Path, files: Mapping[str, str]) -> Path:
    """Write files, path to text, below a folder, which is made if it is not there, and return the folder."""
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def read_tree(root: Path) -> dict[str, bytes]:
    """All files below a folder, path to content."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody, and return what it prints."""
    somebody = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", *somebody, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def commit_all(folder: Path) -> str:
    """Make a repository, commit all that is there, and return the revision."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message=Everything")
    return git(folder, "rev-parse", "HEAD").strip()


def write_program(folder: Path, name: str) -> Path:
    """Write a program that does nothing."""
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path
