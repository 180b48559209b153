"""The environment in which child processes of the project find the same code and configuration.

`sys.executable` is a Python that knows the bundle: `__bin__/python` in the tree, a small shell script that starts the
real one with a start-up module of ours (child/start.py). It stands on PATH beside the programs of the packages, so that
`subprocess.run([sys.executable, "manage.py", ...])`, `python -m ...` and `celery ...` do what they do in a virtual
environment.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import PROGRAM_FOLDER
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.config.levels import INHERITED

PYTHON = "PYTHON"
"""The end of the variable with the path of the real Python."""
EXECUTABLE = "EXECUTABLE"
"""The end of the variable with the path of the bundle."""
CODE = "CODE"
"""The end of the variable with the folder that the project's own files are in."""
PYTHONPATH = "PYTHONPATH"
"""The end of the variable with the PYTHONPATH that a child was started with."""
SERVING = "SERVING"
"""The end of the variable that is set where debug pages must not be shown."""


def hand_down(
    bundle: Bundle,
    configuration: Configuration,
    arguments: Arguments,
    code_folder: Path,
    is_serving: bool,
    environ: MutableMapping[str, str],
) -> None:
    """Set the variables for child processes, and sys.executable.

    Where the tree's file system does not allow programs to be run (noexec), sys.executable stays as it is.

    Args:
        bundle: this one.
        configuration: whose file the children are to read.
        arguments: whose assignments they are to make.
        code_folder: the folder that the manifest's paths are relative to.
        is_serving: whether this process answers requests.
        environ: the environment to change.
    """
    prefix = bundle.manifest.env_prefix
    if configuration.file.named_by:
        environ[prefix + "CONFIG"] = configuration.file.path
    if arguments.assignments:
        environ[prefix + INHERITED] = json.dumps(arguments.assignments)
    if is_serving:
        environ[prefix + SERVING] = "1"
    programs = bundle.site_packages / PROGRAM_FOLDER
    python = str(programs / "python")
    if not os.access(python, os.X_OK):
        return
    # In a process of uWSGI or mod_wsgi it is no Python.
    if sys.executable != python and os.path.basename(sys.executable or "").startswith("python"):
        environ[prefix + PYTHON] = sys.executable
    environ[prefix + EXECUTABLE] = str(bundle.executable)
    environ[prefix + CODE] = str(code_folder)
    sys.executable = python
    search = [entry for entry in environ.get("PATH", os.defpath).split(os.pathsep) if entry != str(programs)]
    environ["PATH"] = os.pathsep.join([str(programs), *search])
