"""settings.ini in gunicorn's words."""

from __future__ import annotations

import math
import os
from typing import Any

from gunicorn.config import Config

from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.configuration import Configuration, Level, Value
from django_pyz_runtime.manifest import Site
from django_pyz_runtime.serve.capacity import worker_count
from django_pyz_runtime.serve.interface import interface_of, worker_class
from django_pyz_runtime.serve.log import logger_class
from django_pyz_runtime.serve.project_file import NEEDLESS, project_file_settings

THREADED = "gunicorn.workers.gthread.ThreadWorker"
OUR_THREADED = "django_pyz_runtime.serve.thread_worker.ThreadWorker"
OWNED = {
    "bind": ("serve", "bind"),
    "workers": ("serve", "workers"),
    "threads": ("serve", "threads"),
    "timeout": ("serve", "timeout"),
    "graceful_timeout": ("serve", "graceful_timeout"),
    "loglevel": ("log", "level"),
}
"""gunicorn settings that are options of ours, by section and key."""


def gunicorn_settings(site: Site, configuration: Configuration) -> dict[str, Any]:
    """gunicorn's settings, each checked by gunicorn: our defaults, the project's own, [serve] and [log], [gunicorn].

    Args:
        site: the bundle.
        configuration: free of problems.

    Raises:
        Complaint: with a line for each that does not fit.
    """
    more = configuration.section("gunicorn")
    if problems := gunicorn_problems(more):
        raise Complaint(*problems)
    projects = project_file_settings(site)
    said = {value.key: value for value in more}
    worker = worker_class(site.manifest, configuration, said.get("worker_class"), projects.get("worker_class"))
    chosen = {name for name, option in OWNED.items() if configuration.level(*option) > Level.DEFAULT}
    settings = {
        **_defaults(site.manifest.name, configuration),
        **{name: value for name, value in projects.items() if name not in chosen},
        **{value.key: value.text for value in more},
        "worker_class": worker,
    }
    if _is_threaded(worker, settings["threads"]):
        # By its name: gunicorn before 23 cannot be given a class.
        settings["worker_class"] = OUR_THREADED
    if interface_of(worker) == "asgi":
        # One event loop; gunicorn would warn.
        settings["threads"] = 1
    return settings


def _is_threaded(worker: Any, threads: Any) -> bool:
    """Whether gunicorn would use its threaded worker (gunicorn.config.Config.worker_class)."""
    return worker in ("gthread", THREADED) or (worker == "sync" and int(threads) > 1)


def _defaults(name: str, configuration: Configuration) -> dict[str, Any]:
    workers = configuration.get("serve", "workers")
    return {
        "bind": configuration.get("serve", "bind"),
        "workers": worker_count() if workers == "auto" else workers,
        "threads": configuration.get("serve", "threads"),
        "timeout": math.ceil(configuration.get("serve", "timeout")),
        "graceful_timeout": math.ceil(configuration.get("serve", "graceful_timeout")),
        "loglevel": configuration.get("log", "level"),
        "accesslog": "-" if configuration.get("log", "access") else None,
        "logger_class": logger_class(configuration.get("log", "format")),
        # As Apache (LimitRequestLine and the like); gunicorn's own 4094 is less than nginx in front lets through.
        "limit_request_line": 8190,
        "limit_request_fields": 100,
        "limit_request_field_size": 8190,
        "forwarded_allow_ips": "127.0.0.1,::1",
        "control_socket_disable": True,
        "proc_name": name,
        "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,
    }


def gunicorn_problems(values: list[Value]) -> list[str]:
    """What gunicorn finds wrong with the section [gunicorn], a line each."""
    config = Config()
    problems: list[str] = []
    for value in values:
        where = f"{value.source}: [gunicorn] {value.key}"
        if value.key in OWNED:
            section, key = OWNED[value.key]
            problems.append(f"{where}: set [{section}] {key} instead")
        elif value.key in NEEDLESS:
            problems.append(f"{where}: has no effect in a bundle")
        elif value.key not in config.settings:
            problems.append(f"{where}: gunicorn has no such setting")
        else:
            try:
                config.set(value.key, value.text)
            except Exception as error:  # each setting has a validator of its own, which raises what it likes
                problems.append(f"{where}: {error}")
    return problems
