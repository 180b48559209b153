"""Listening sockets that stay open from one master to the next."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Any

from gunicorn.config import Config
from gunicorn.sock import create_sockets

from django_pyz_runtime.serve.reload.handover import Handover, Listener, name_of


def taken_over(config: Config, log: Any, handover: Handover) -> tuple[list[Any], list[str]]:
    """gunicorn's listeners as a configuration wants them: those that are there already, and new ones.

    Args:
        config: gunicorn's.
        log: gunicorn's.
        handover: with the sockets that are there; those that are wanted no more are closed.

    Returns:
        The listeners, and as what each is configured.
    """
    if handover.is_passed:
        descriptors = [listener.descriptor for listener in handover.listeners]
        return create_sockets(config, log, descriptors), [""] * len(descriptors)
    binds = _binds(config)
    kept = [handover.keeps(*one) for one in zip(binds, config.address, strict=True)]
    for listener in handover.listeners:
        if listener not in kept:
            _close(listener)
    opened = [
        create_sockets(config, log, [one.descriptor]) if one else create_sockets(_only(config, bind), log)
        for one, bind in zip(kept, binds, strict=True)
    ]
    return [listener for group in opened for listener in group], binds


def left_to_next(listeners: Sequence[Any], binds: Sequence[str]) -> list[Listener]:
    """The sockets, to be handed over.

    Args:
        listeners: gunicorn's.
        binds: as what each is configured.
    """
    return [
        Listener(bind, name_of(listener.getsockname()), listener.fileno())
        for listener, bind in zip(listeners, binds, strict=True)
    ]


def _binds(config: Config) -> list[str]:
    binds: list[str] = config.settings["bind"].get()
    return binds


def _only(config: Config, bind: str) -> Config:
    """The same configuration with one address."""
    settings = {**config.settings, "bind": type(config.settings["bind"])()}
    settings["bind"].set([bind])
    one = Config()
    one.settings = settings
    return one


def _close(listener: Listener) -> None:
    os.close(listener.descriptor)
    if os.path.isabs(listener.name):
        with contextlib.suppress(OSError):
            os.unlink(listener.name)
