"""The state of the databases against a release, for `pyz status`: found by a separate process with a time limit.

`pyz exec python -m` this module prints it as JSON.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import NamedTuple

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.release.install import machine
from django_pyz_runtime.release.migrations import Ahead
from django_pyz_runtime.release.upgrade.host import Host, Release
from django_pyz_runtime.release.upgrade.left import root_of

LIMIT_SECONDS = 2.0
"""How long the databases may take to answer."""
FINE, MISSING, AHEAD, AWAY = "fine", "missing", "ahead", "away"


class Standing(NamedTuple):
    """The state of a database against a release.

    Attributes:
        alias: of the database; "" for all of them.
        state: fine, missing (migrations), ahead, away, or unknown.
        what: the migrations, or the reason.
    """

    alias: str
    state: str
    what: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether the operator has to act."""
        return self.state in (MISSING, AHEAD, AWAY)

    @property
    def line(self) -> str:
        """All of this, for people."""
        name = f"database {self.alias}" if self.alias else "databases"
        return f"{name}: {self.state}{': ' if self.what else ''}{self.what}"


def standings(bundle: Bundle) -> list[Standing]:
    """The state of the databases against a release, as the site's user sees them.

    Args:
        bundle: this one.
    """
    host = Host(bundle, root_of(bundle) or Path("/"), None)
    own = Release(bundle.build_id, bundle.executable)
    try:
        said = host.succeed(own, "pyz", "exec", "python", "-m", __name__)
        return [Standing(*map(str, one)) for one in json.loads(said.strip().splitlines()[-1])]
    except machine.Failed as error:
        return [Standing("", "unknown", str(error).splitlines()[0])]
    except (ValueError, IndexError, TypeError):
        return [Standing("", "unknown")]


def main() -> None:
    """Print a list of alias, state and what for each database."""
    import django

    django.setup()
    found: list[Standing] = []
    # One that hangs cannot be ended.
    thread = threading.Thread(target=lambda: found.extend(_look()), daemon=True)
    thread.start()
    thread.join(LIMIT_SECONDS)
    print(json.dumps(found or [Standing("", AWAY, f"no answer within {LIMIT_SECONDS:g} seconds")]), flush=True)
    os._exit(0)


def _look() -> list[Standing]:
    from django.db import DatabaseError, connections

    from django_pyz_runtime.release.away import is_away
    from django_pyz_runtime.release.migrations import states
    from django_pyz_runtime.release.writable import is_absent

    for alias in connections:
        if is_absent(connections[alias]):
            return [Standing(alias, MISSING, f"{connections[alias].settings_dict['NAME']} does not exist")]
    try:
        return [standing for state in states() for standing in _of(state.alias, state.missing, _names(state.ahead))]
    except DatabaseError as error:
        return [Standing("", AWAY if is_away(error) else "unknown", (str(error).splitlines() or [""])[0])]


def _names(ahead: tuple[Ahead, ...]) -> list[str]:
    return [f"{one.app}.{name}" for one in ahead for name in one.names]


def _of(alias: str, missing: tuple[str, ...], ahead: list[str]) -> list[Standing]:
    found = [Standing(alias, MISSING, ", ".join(missing))] if missing else []
    found += [Standing(alias, AHEAD, ", ".join(ahead))] if ahead else []
    return found or [Standing(alias, FINE)]


if __name__ == "__main__":
    main()
