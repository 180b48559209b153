"""The server of every bundle: one version of gunicorn, the newest that was tested, in an environment of its own."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from django_pyz.dependencies.installers import Environment, IndexSilent, first_that_works
from django_pyz.python import Python
from django_pyz_runtime.errors import UserError

GUNICORN = "gunicorn==27.0.1"


def install_server(python: Python, environment: Environment, index_lines: tuple[str, ...]) -> Path:
    """Install the server: from the project's indexes where they have it, else from the installer's own.

    Args:
        python: the interpreter to install for.
        environment: where to; made here.
        index_lines: the project's indexes, as lines of a requirements file.

    Returns:
        The environment's site-packages.

    Raises:
        UserError: no index has it.
    """
    environment.make(python)
    what = f"install {GUNICORN}, with which every bundle serves"
    try:
        first_that_works(
            [
                partial(environment.install_exactly, [*indexes, GUNICORN], what)
                for indexes in dict.fromkeys([index_lines, ()])
            ]
        )
    except IndexSilent:
        raise
    except UserError as error:
        hint = error.hint or "Have it on the index that the project names, or on the installer's own."
        raise UserError(error.problem, hint=hint) from None
    return environment.site_packages
