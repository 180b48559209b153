"""Detects whether a project's ASGI application routes websockets, which WSGI servers cannot; nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from django_pyz.variables import settings_source

_SCOPE = "websocket"
"""The scope type of such connections (ASGI specification, WebSocket connection scope)."""


def are_routed(asgi_module: str, settings_module: str, import_roots: Sequence[Path]) -> bool:
    """Whether the ASGI module, or what it imports from the project, contains that type.

    Args:
        asgi_module: the project's asgi module; "" where there is none.
        settings_module: its settings, where ASGI_APPLICATION may name another module.
        import_roots: its folders on sys.path.
    """
    named = _of_settings(settings_module, import_roots)
    return any(
        isinstance(node, ast.Constant) and node.value == _SCOPE
        for module in filter(None, [asgi_module, *named])
        for source in settings_source.modules(module, import_roots)
        for node in ast.walk(source.tree)
    )


def _of_settings(settings_module: str, import_roots: Sequence[Path]) -> Iterator[str]:
    """The modules that ASGI_APPLICATION names."""
    for source in settings_source.modules(settings_module, import_roots):
        for node in ast.walk(source.tree):
            match node:
                case ast.Assign(targets=[ast.Name(id="ASGI_APPLICATION")], value=ast.Constant(value=str(path))):
                    yield path.rpartition(".")[0]
