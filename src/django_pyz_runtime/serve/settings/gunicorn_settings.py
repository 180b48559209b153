"""settings.ini as gunicorn settings, and the number of workers for the available CPUs."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from gunicorn.workers import SUPPORTED_WORKERS

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config.configuration import Configuration, Level
from django_pyz_runtime.config.gunicorn_section import OWNED, gunicorn_problems
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.serve.settings.access_log import FORMATS
from django_pyz_runtime.serve.settings.gunicorn_conf import project_file_settings
from django_pyz_runtime.serve.settings.interface import WorkerClass, interface_of, load_worker, worker_class
from django_pyz_runtime.serve.settings.log import logger_class

CGROUP = Path("/sys/fs/cgroup")


def gunicorn_settings(bundle: Bundle, configuration: Configuration) -> dict[str, Any]:
    """gunicorn's settings, each checked by gunicorn: our defaults, the project's own, [serve] and [log], [gunicorn].

    Args:
        bundle: this one.
        configuration: free of problems.

    Raises:
        UserError: with a line for each that does not fit.
    """
    more = configuration.section("gunicorn")
    if problems := gunicorn_problems(more):
        raise UserError(*problems)
    projects = project_file_settings(bundle)
    said = {value.key: value for value in more}
    worker = worker_class(bundle.manifest, configuration, said.get("worker_class"), projects.get("worker_class"))
    chosen = {name for name, option in OWNED.items() if configuration.level(*option) > Level.DEFAULT}
    settings = {
        **_defaults(bundle.executable.name, configuration),
        **{name: value for name, value in projects.items() if name not in chosen},
        **{value.key: value.text for value in more},
    }
    if "logger_class" not in said and settings.get("statsd_host"):
        settings["logger_class"] = logger_class(configuration.get("log", "format"), has_statsd=True)
    settings["worker_class"] = _ours(worker, settings["threads"])
    if interface_of(worker) == "asgi":
        # One event loop; gunicorn would warn.
        settings["threads"] = 1
    return settings


def _ours(worker: WorkerClass, threads: Any) -> WorkerClass:
    """Our worker class where gunicorn would use one of its own that we have, else the same one."""
    # As gunicorn does (gunicorn.config.Config.worker_class).
    is_sync = isinstance(worker, str) and (worker == "sync" or worker.endswith("SyncWorker"))
    found = load_worker("gthread" if is_sync and int(threads) > 1 else worker)
    path = f"{found.__module__}.{found.__qualname__}"
    if path == SUPPORTED_WORKERS["gthread"]:
        from django_pyz_runtime.serve.requests.thread_worker import ThreadWorker

        return ThreadWorker
    if path == SUPPORTED_WORKERS["sync"]:
        from django_pyz_runtime.serve.requests.sync_worker import SyncWorker

        return SyncWorker
    if path == SUPPORTED_WORKERS["asgi"]:
        from django_pyz_runtime.serve.requests.asgi_worker import AsgiWorker

        return AsgiWorker
    return worker


def _defaults(name: str, configuration: Configuration) -> dict[str, Any]:
    owned = {name: configuration.get(*option) for name, option in OWNED.items()}
    return {
        **owned,
        "workers": worker_count() if owned["workers"] == "auto" else owned["workers"],
        "timeout": math.ceil(owned["timeout"]),
        "graceful_timeout": math.ceil(owned["graceful_timeout"]),
        "accesslog": "-" if configuration.get("log", "access") else None,
        "access_log_format": FORMATS[configuration.get("log", "format")],
        "logger_class": logger_class(configuration.get("log", "format")),
        # As Apache (LimitRequestLine and the like); gunicorn's own 4094 is less than nginx in front lets through.
        "limit_request_line": 8190,
        "limit_request_fields": 100,
        "limit_request_field_size": 8190,
        "forwarded_allow_ips": "127.0.0.1,::1",
        # A proxy that passes on what a client sends, as Apache does, would have the client choose the path.
        "forwarder_headers": "",
        "control_socket_disable": True,
        "proc_name": name,
    }


def usable_cpus(cgroup: Path = CGROUP) -> int:
    """The number of CPUs: those this process may run on, or the quota of its cgroup, whichever is less; at least one.

    Args:
        cgroup: where the cgroup hierarchy is mounted (kernel documentation, cgroup-v2, cpu.max; v1, cpu.cfs_quota_us).
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(count, math.ceil(_quota(cgroup) or count)))


def _quota(cgroup: Path) -> float | None:
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    if not quota:
        quota, period = _read(cgroup / "cpu/cpu.cfs_quota_us"), _read(cgroup / "cpu/cpu.cfs_period_us")
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return None
    return int(quota) / int(period)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def worker_count(cgroup: Path = CGROUP) -> int:
    """Workers for `auto`: one more than the CPUs, so that one may wait while the others compute."""
    return usable_cpus(cgroup) + 1
