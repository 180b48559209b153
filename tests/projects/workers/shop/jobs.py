import os

from shop.settings import RELEASE


def hold(begun, gate):
    """Wait until somebody writes to the gate, a named pipe, and tell what code that was, also in the file."""
    with open(begun, "w") as file, open(gate) as pipe:
        told = f"{pipe.read()} in {RELEASE}"
        file.write(told)
    return told
