"""gunicorn for this site: what its workers load, and what the first one checks."""

from __future__ import annotations

import sys
from typing import Any

from django_pyz_runtime import garbage
from django_pyz_runtime.configuration import Configuration
from django_pyz_runtime.manifest import Site
from django_pyz_runtime.serve.interface import interface_of
from django_pyz_runtime.serve.server import Server


def server_of(site: Site, configuration: Configuration, settings: dict[str, Any]) -> Server:
    """The server of a site.

    Args:
        site: what is served.
        configuration: free of problems.
        settings: gunicorn's, by name.
    """
    script = site.executable.name

    def load() -> Any:
        from django_pyz_runtime.serve.log import join_python_logging

        garbage.put_off()
        application = _load(site, configuration, settings["worker_class"])
        garbage.resume()
        join_python_logging(configuration.get("log", "level"), configuration.get("log", "format"))
        return application

    def check() -> None:
        from django.conf import settings as django_settings

        from django_pyz_runtime.serve.database import check_database

        check_database(script)
        if django_settings.DEBUG:
            sys.stderr.write(
                f"{script}: DEBUG is on: set [settings] DEBUG = false before others can reach this site.\n"
            )

    return Server(settings, load, check)


def _load(site: Site, configuration: Configuration, worker_class: Any) -> Any:
    if interface_of(worker_class) == "asgi":
        from django_pyz_runtime.serve.asgi import load_asgi_application

        return load_asgi_application(site, configuration)
    from django_pyz_runtime.serve.application import load_application

    return load_application(site, configuration)
