"""Prints the state of the databases against a release as JSON; another release runs this by `pyz exec python -m`."""

from __future__ import annotations

import json

from django_pyz_runtime.release.migrations import State


def main() -> None:
    """Print a list with alias, missing, ahead, in_part and harmful of each database."""
    import django

    django.setup()
    from django_pyz_runtime.release.migrations import states

    print(json.dumps([_facts(state) for state in states()]))


def _facts(state: State) -> dict[str, object]:
    ahead = [one._asdict() for one in state.ahead]
    return {**state._asdict(), "ahead": ahead, "in_part": _in_part(state), "harmful": _harmful(state)}


def _in_part(state: State) -> str:
    """The next migration if a failure would leave it partly applied; "" if it would roll back, or there is none."""
    if not state.missing:
        return ""
    from django.db import connections
    from django.db.migrations.loader import MigrationLoader

    app, _, name = state.missing[0].partition(".")
    is_atomic = MigrationLoader(None).get_migration(app, name).atomic
    return "" if is_atomic and connections[state.alias].features.can_rollback_ddl else state.missing[0]


def _harmful(state: State) -> list[str]:
    """The operations of the missing migrations that would break a release without them."""
    if not state.missing:
        return []
    from django.db import connections

    from django_pyz_runtime.release.upgrade.harmful import harmful

    return harmful(connections[state.alias])


if __name__ == "__main__":
    main()
