"""What other processes are asked to do."""

import os
from dataclasses import dataclass

from shop import prices


@dataclass(frozen=True)
class Order:
    article: str
    amount: int


def cost(order):
    return prices.read()[order.article] * order.amount


def import_all(names):
    import importlib

    return os.getpid(), [importlib.import_module(name).__name__ for name in names]
