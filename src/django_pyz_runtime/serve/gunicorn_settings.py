"""settings.ini in gunicorn's words."""

from __future__ import annotations

import math
import os
from typing import Any

from gunicorn.config import Config

from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.configuration import Configuration, Value
from django_pyz_runtime.serve.capacity import worker_count
from django_pyz_runtime.serve.log import logger_class

OWNED = {
    "bind": "[serve] bind",
    "workers": "[serve] workers",
    "threads": "[serve] threads",
    "timeout": "[serve] timeout",
    "graceful_timeout": "[serve] graceful_timeout",
    "loglevel": "[log] level",
}
"""gunicorn settings that have their place elsewhere."""
NEEDLESS = ("chdir", "check_config", "config", "daemon", "print_config", "pythonpath", "spew", "wsgi_app")
"""gunicorn settings that would do nothing here, or what nobody wants of a service."""


def gunicorn_settings(name: str, configuration: Configuration) -> dict[str, Any]:
    """gunicorn's settings, each checked by gunicorn.

    Args:
        name: of the project, for the process list.
        configuration: free of problems.

    Raises:
        Complaint: with a line for each that does not fit.
    """
    workers = configuration.get("serve", "workers")
    settings: dict[str, Any] = {
        "bind": configuration.get("serve", "bind"),
        "workers": worker_count() if workers == "auto" else workers,
        "worker_class": "gthread",
        "threads": configuration.get("serve", "threads"),
        "timeout": math.ceil(configuration.get("serve", "timeout")),
        "graceful_timeout": math.ceil(configuration.get("serve", "graceful_timeout")),
        "loglevel": configuration.get("log", "level"),
        "accesslog": "-" if configuration.get("log", "access") else None,
        "logger_class": logger_class(configuration.get("log", "format")),
        "forwarded_allow_ips": "127.0.0.1,::1",
        "control_socket_disable": True,
        "proc_name": name,
        "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,
    }
    more = configuration.section("gunicorn")
    if problems := gunicorn_problems(more):
        raise Complaint(*problems)
    return {**settings, **{value.key: value.text for value in more}}


def gunicorn_problems(values: list[Value]) -> list[str]:
    """What gunicorn finds wrong with the section [gunicorn], a line each."""
    config = Config()
    problems: list[str] = []
    for value in values:
        where = f"{value.source}: [gunicorn] {value.key}"
        if value.key in OWNED:
            problems.append(f"{where}: set {OWNED[value.key]} instead")
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
