"""How the databases stand to a release, as JSON: run inside it by another one, `pyz exec python -m` this module."""

from __future__ import annotations

import json


def main() -> None:
    """Print a list with alias, missing and ahead of each database."""
    import django

    django.setup()
    from django_pyz_runtime.release.migrations import states

    print(json.dumps([{**state._asdict(), "ahead": [one._asdict() for one in state.ahead]} for state in states()]))


if __name__ == "__main__":
    main()
