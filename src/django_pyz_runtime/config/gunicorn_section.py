"""The section [gunicorn]: which gunicorn settings are allowed there."""

from __future__ import annotations

import os

from django_pyz_runtime.config.configuration import Value
from django_pyz_runtime.config.values import PATH

NEEDLESS = ("chdir", "check_config", "config", "daemon", "print_config", "pythonpath", "spew", "wsgi_app")
"""gunicorn settings that would have no effect here, or make no sense for a service."""


OWNED = {
    "bind": ("serve", "bind"),
    "workers": ("serve", "workers"),
    "threads": ("serve", "threads"),
    "timeout": ("serve", "timeout"),
    "graceful_timeout": ("serve", "graceful_timeout"),
    "loglevel": ("log", "level"),
}
"""gunicorn settings that are options of ours, by section and key."""

_PATHS = (
    *("accesslog", "ca_certs", "certfile", "errorlog", "keyfile", "logconfig", "logconfig_json", "pidfile"),
    *("tmp_upload_dir", "worker_tmp_dir"),
)
"""gunicorn settings that are paths; the server runs in the code's folder, so a relative path would point there."""


def gunicorn_problems(values: list[Value]) -> list[str]:
    """The problems that the bundle's gunicorn finds in the section [gunicorn], a line each.

    The caller makes sure that this gunicorn is imported.
    """
    from gunicorn import __version__
    from gunicorn.config import Config

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
            problems.append(f"{where}: gunicorn {__version__} has no such setting")
        elif value.key in _PATHS and value.text not in ("", "-") and not os.path.isabs(value.text):
            problems.append(value.problem(PATH.wanted))
        else:
            try:
                config.set(value.key, value.text)
            except Exception as error:  # each setting has a validator of its own, which raises what it likes
                problems.append(f"{where}: {error}")
    return problems
