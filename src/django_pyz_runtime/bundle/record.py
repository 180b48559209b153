"""Values with names, for the modules that run before anything else.

As typing.NamedTuple or a dataclass, whose modules take longer to import than the whole launcher.
"""

from __future__ import annotations


class Record:
    """Equal to another one of its class with equal attributes."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"
