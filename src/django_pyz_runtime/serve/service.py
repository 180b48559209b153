"""What a master is to the world around it."""

from __future__ import annotations

from dataclasses import dataclass

from django_pyz_runtime.serve.handover import Handover
from django_pyz_runtime.serve.invocation import Invocation
from django_pyz_runtime.serve.notify import Notifier


@dataclass(frozen=True)
class Service:
    """A process of ours among others.

    Attributes:
        notifier: tells the service manager.
        invocation: how the process was started.
        handover: what the master before has left; None where there was none.
        release: which one this is, for people.
    """

    notifier: Notifier
    invocation: Invocation
    handover: Handover | None
    release: str
