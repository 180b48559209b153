"""The name by which the .wsgi file of an installation finds the launcher; it hands on to `boot`."""

from __future__ import annotations

from django_pyz_runtime.boot.launcher import wsgi_application

__all__ = ["wsgi_application"]
