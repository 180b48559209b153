"""The site for other WSGI servers; /etc/NAME/<settings package>.wsgi calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_pyz_runtime.activation.activate import Purpose
from django_pyz_runtime.activation.prepare import prepare, run_first
from django_pyz_runtime.boot import tree_locks
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def wsgi_application(executable: str, site_packages: str, build_id: str) -> WSGIApplication:
    """The project's application, with static files and health endpoints.

    Args:
        executable: absolute path of the bundle.
        site_packages: of its unpacked tree, which is on sys.path.
        build_id: of the bundle.

    Raises:
        UserError: the configuration or the project's settings do not allow it.
    """
    from django_pyz_runtime.serve.edge.application import load_application

    tree_locks.hold_own_tree(site_packages)
    bundle = Bundle.load(executable, site_packages, build_id)
    configuration, _ = prepare(bundle, Arguments(None, (), []), Purpose.SERVE)
    run_first(configuration)
    return load_application(bundle, configuration)
