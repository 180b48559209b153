"""The gunicorn.conf.py that a project ships, which plain gunicorn would read from the current folder.

It stands below settings.ini and above our defaults. What it says of how the project runs is honoured: hooks such as
post_fork, worker_class, workers, threads, time limits, max_requests, preload_app, forwarded_allow_ips, raw_env for
variables that are not set. What belongs to the machine and its operator is passed over: see `PASSED_OVER`.
What gunicorn does not know, such as a setting that only another version has, is passed over by gunicorn itself as well.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from gunicorn import __version__
from gunicorn.config import Config

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config.gunicorn_section import NEEDLESS
from django_pyz_runtime.errors import UserError, line_of

FILE_NAME = "gunicorn.conf.py"
PASSED_OVER = frozenset(
    {
        *NEEDLESS,
        # where it listens and who it is
        *("bind", "reuse_port", "user", "group", "initgroups", "umask", "pidfile", "proc_name", "default_proc_name"),
        *("certfile", "keyfile", "ca_certs", "tmp_upload_dir", "worker_tmp_dir"),
        *("control_socket", "control_socket_disable", "control_socket_mode"),
        # where the log goes
        *("accesslog", "capture_output", "errorlog", "loglevel", "logger_class"),
        *("logconfig", "logconfig_dict", "logconfig_json", "disable_redirect_access_to_syslog"),
        *("syslog", "syslog_addr", "syslog_facility", "syslog_prefix", "enable_stdio_inheritance"),
        # for development
        *("reload", "reload_engine", "reload_extra_files"),
    }
)
"""gunicorn settings that are ignored in a project's file."""
_MEND_IT = f"The file belongs to the project and is read by gunicorn {__version__}: fix it there and build again."


def project_file_settings(bundle: Bundle) -> dict[str, Any]:
    """The settings of the project's file, each value as gunicorn reads it; empty without a file.

    Raises:
        UserError: the file fails, or gunicorn refuses a value.
    """
    path = _path(bundle)
    if not path:
        return {}
    config = Config()
    said = {name: value for name, value in _run(path).items() if name in config.settings and name not in PASSED_OVER}
    problems = []
    for name, value in said.items():
        try:
            config.set(name, value)
        except Exception as error:  # each setting has a validator of its own, which raises what it likes
            problems.append(f"{path}: {name}: {error}")
    if problems:
        raise UserError(*problems, hint=_MEND_IT)
    if "worker_class" in said:
        # It may be a function that gives the class.
        said["worker_class"] = config.settings["worker_class"].get()
    if "raw_env" in said:
        said["raw_env"] = [
            item for item in config.settings["raw_env"].get() if item.partition("=")[0] not in os.environ
        ]
    return said


def _path(bundle: Bundle) -> Path | None:
    """The file beside manage.py, else the one at the project's root."""
    folders = (bundle.root / bundle.manifest.folder, bundle.project_folder)
    return next((path for folder in folders if (path := folder / FILE_NAME).is_file()), None)


def _run(path: Path) -> dict[str, Any]:
    """The names that the file defines, run as by gunicorn (Application.get_config_from_filename) without bytecode."""
    module = ModuleType("__config__")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), vars(module))
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        raise UserError(
            f"{path}:{line_of(error, str(path)) or 1}: {type(error).__name__}: {error}", hint=_MEND_IT
        ) from error
    return vars(module)
