"""`python3 -m tests [PYTEST ARGUMENT ...]`: install what the checks need into an environment of its own, and run them.

Standard library only. Debian's programs that the tests use are not installed, but named where they are missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PROGRAMS = {
    "chromium": "chromium",
    "chromedriver": "chromium-driver",
    "git": "git",
    "mmdebstrap": "mmdebstrap",
    "nginx": "nginx",
    "npm": "npm",
    "nsenter": "util-linux",
    "redis-server": "redis-server",
    "sassc": "sassc",
    "systemd-analyze": "systemd",
    "systemd-nspawn": "systemd-container",
    "unshare": "util-linux",
    "curl": "curl",
}
"""Programs, and the Debian packages that have them."""


def main(arguments: list[str]) -> int:
    """Run the formatter, the linter, the type checker and the tests, in this order, up to the first that fails."""
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program, path=search)]
    if missing:
        print(f"tests: missing programs; on Debian: apt-get install {' '.join(missing)}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(CHECKOUT / "src"))
    from django_pyz.bootstrap import make_environment

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python = make_environment(CHECKOUT, [*project["dependencies"], *project["optional-dependencies"]["test"]])
    if python is None:
        return 2
    import_path = os.pathsep.join(str(CHECKOUT / folder) for folder in ("src", "src/project"))
    environment = {**os.environ, "PATH": f"{_uv_folder(python)}{os.pathsep}{search}", "PYTHONPATH": import_path}
    # Two at a time, module by module: what a module shares is made once.
    pytest = ["pytest", "--numprocesses=2", "--dist=loadscope", "--no-loadscope-reorder", *arguments]
    checks = ["ruff format --check", "ruff check", "lint-imports --no-cache", "mypy"]
    for program, *options in (*map(str.split, checks), pytest):
        print("$", program, *options, flush=True)
        if code := subprocess.run([python.with_name(program), *options], cwd=CHECKOUT, env=environment).returncode:
            return code
    return 0


def _uv_folder(python: Path) -> Path:
    """A folder with nothing but uv, which builds use where it is on PATH; some tests take it away again."""
    folder = python.parent.parent / "tools"
    folder.mkdir(exist_ok=True)
    if not (folder / "uv").exists():
        (folder / "uv").symlink_to(python.parent / "uv")
    return folder


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
