"""Which interface the site is served by, WSGI or ASGI: the worker class decides, and this chooses it."""

from __future__ import annotations

import importlib
import os
from importlib.util import find_spec
from typing import Any

from gunicorn.util import load_class

from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.config.configuration import Configuration, Value
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.serve.edge.project import application_path

_ASGI_WORKERS = ("gunicorn.workers.gasgi", "uvicorn.workers", "uvicorn_worker")
"""Modules with worker classes that speak ASGI."""


def worker_class(manifest: Manifest, configuration: Configuration, said: Value | None, projects: Any) -> Any:
    """gunicorn's worker class: as [gunicorn] says, else the project's, else what goes with the interface.

    Args:
        manifest: of the bundle.
        configuration: free of problems.
        said: the operator's, from [gunicorn].
        projects: the one in the project's gunicorn.conf.py, or None. It gives way to `[serve] interface`.

    Raises:
        UserError: there is none that speaks ASGI, or the operator's speaks another interface than it is to.
    """
    wanted: str = configuration.get("serve", "interface")
    if said:
        if wanted not in ("auto", spoken := interface_of(said.text)):
            raise UserError(
                f"{said.source}: [gunicorn] worker_class: {said.text!r} speaks {spoken}, [serve] interface is {wanted}",
                hint="Leave one of them out.",
            )
        return said.text
    if projects is not None and wanted in ("auto", interface_of(projects)):
        return projects
    if wanted == "auto":
        wanted = "asgi" if _is_asgi_only(manifest) else "wsgi"
    return _asgi_worker() if wanted == "asgi" else "gthread"


def interface_of(worker: Any) -> str:
    """The interface that a worker class speaks: wsgi or asgi.

    Args:
        worker: the class, or its name for gunicorn.

    Raises:
        UserError: it cannot be imported.
    """
    try:
        loaded = load_class(worker)
    except RuntimeError as error:
        reason = str(error).rstrip("]\n").rpartition("\n")[2]
        raise UserError(
            f"gunicorn: worker_class {worker!r} cannot be imported: {reason}",
            hint="Set another in [gunicorn] worker_class, or [serve] interface, or add its package to the project.",
        ) from None
    return "asgi" if any(base.__module__.startswith(_ASGI_WORKERS) for base in loaded.__mro__) else "wsgi"


def _asgi_worker() -> str:
    """gunicorn's own, else uvicorn's where the project brings a gunicorn without one (before 24)."""
    if _is_there("gunicorn.workers.gasgi"):
        return "django_pyz_runtime.serve.requests.asgi_worker.AsgiWorker"
    for module in ("uvicorn_worker", "uvicorn.workers"):
        if _is_there(module):
            return f"{module}.UvicornWorker"
    from gunicorn import __version__

    raise UserError(
        f"[serve] interface: asgi needs a worker that gunicorn {__version__}, which the project brings, does not have",
        hint="Let the project take gunicorn 24 or later, or add uvicorn-worker to its dependencies, and build again.",
    )


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # nor is its package
        return False


def _is_asgi_only(manifest: Manifest) -> bool:
    """Whether the project has an ASGI application and no WSGI one.

    Where the settings must be asked, a child asks them, so that this process stays free of the project's code.
    """
    if manifest.wsgi_module:
        return False
    child = os.fork()
    if child == 0:
        _ask_settings_and_exit(manifest)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _ask_settings_and_exit(manifest: Manifest) -> None:
    """Exit with 0 for ASGI. What fails here fails again in the first worker, which tells."""
    is_asgi = bool(manifest.asgi_module)
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        if manifest.asgi_module:
            importlib.import_module(manifest.asgi_module)
        has_asgi = is_asgi or bool(application_path("asgi"))
        wsgi_module = application_path("wsgi").rpartition(".")[0]
        is_asgi = has_asgi and not (wsgi_module and _is_there(wsgi_module))
    finally:
        os._exit(0 if is_asgi else 1)
