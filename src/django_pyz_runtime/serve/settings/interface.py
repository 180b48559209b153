"""Which interface the site is served by, WSGI or ASGI: the worker class decides, and this chooses it."""

from __future__ import annotations

import contextlib
import importlib
import os
from typing import Any

from gunicorn import __version__
from gunicorn.util import load_entry_point
from gunicorn.workers import SUPPORTED_WORKERS

from django_pyz_runtime.activation.code_path import spec_of
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.config.configuration import Configuration, Value
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.serve.edge.project import application_path

WorkerClass = type[Any] | str
"""A worker class of gunicorn's, or its name in one of the ways that gunicorn takes."""
_ASGI_WORKERS = ("gunicorn.workers.gasgi", "uvicorn.workers", "uvicorn_worker")
"""Modules with worker classes that speak ASGI."""


def worker_class(
    manifest: Manifest, configuration: Configuration, said: Value | None, projects: WorkerClass | None
) -> WorkerClass:
    """gunicorn's worker class: as [gunicorn] says, else the project's, else what goes with the interface.

    Args:
        manifest: of the bundle.
        configuration: free of problems.
        said: the operator's, from [gunicorn].
        projects: the one in the project's gunicorn.conf.py, or None. It gives way to `[serve] interface`.

    Raises:
        UserError: the operator's cannot be loaded, or speaks another interface than it is to.
    """
    wanted: str = configuration.get("serve", "interface")
    if said:
        if wanted not in ("auto", spoken := interface_of(said.text)):
            raise UserError(
                f"{said.source}: [gunicorn] worker_class: {said.text!r} speaks {spoken}, [serve] interface is {wanted}",
                hint="Remove one of the two.",
            )
        return said.text
    if projects is not None and (wanted == "auto" or _speaks(projects, wanted)):
        return projects
    if wanted == "auto":
        wanted = "asgi" if manifest.routes_websockets or _is_asgi_only(manifest) else "wsgi"
    return "asgi" if wanted == "asgi" else "gthread"


def _speaks(worker: WorkerClass, interface: str) -> bool:
    with contextlib.suppress(UserError):
        return interface_of(worker) == interface
    return False


def interface_of(worker: WorkerClass) -> str:
    """The interface that a worker class speaks: wsgi or asgi.

    Raises:
        UserError: it cannot be loaded.
    """
    is_asgi = any(base.__module__.startswith(_ASGI_WORKERS) for base in load_worker(worker).__mro__)
    return "asgi" if is_asgi else "wsgi"


def load_worker(worker: WorkerClass) -> type[Any]:
    """The class that a name stands for, as for gunicorn (gunicorn.util.load_class).

    Raises:
        UserError: there is none, or what it needs is not there.
    """
    if isinstance(worker, type):
        return worker
    module, _, name = str(SUPPORTED_WORKERS.get(worker, worker)).rpartition(".")
    try:
        if worker.startswith("egg:"):
            distribution, _, name = worker.removeprefix("egg:").partition("#")
            return load_entry_point(distribution, "gunicorn.workers", name)
        if not module:
            raise ImportError(f"gunicorn {__version__} has no such worker, only {', '.join(SUPPORTED_WORKERS)}")
        found = getattr(importlib.import_module(module), name, None)
        if not isinstance(found, type):
            raise ImportError(f"{module} has no class {name}")
    # What gunicorn's own raise where their library is missing or too old is a RuntimeError.
    except (ImportError, RuntimeError) as error:
        raise UserError(
            f"gunicorn: worker_class {worker!r} cannot be loaded: {error}",
            hint="Set another in [gunicorn] worker_class, or remove it and set [serve] interface, "
            "or add its package to the project's dependencies and build again.",
        ) from None
    return found


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
        is_asgi = has_asgi and not (wsgi_module and spec_of(wsgi_module))
    finally:
        os._exit(0 if is_asgi else 1)
