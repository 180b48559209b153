"""Runs in the Python that a bundle is built for and prints the facts that lock files depend on.

Protocol: `python -ISB target_facts.py FOLDER` with FOLDER the place of the `packaging` package. Prints a JSON object:
{"environment": the values of environment markers, "tags": the tags of wheels that fit, best first}.
"""

from __future__ import annotations

import json
import sys


def main(argv: list[str]) -> int:
    """Print the facts."""
    sys.path.append(argv[0])
    from packaging.markers import default_environment
    from packaging.tags import sys_tags

    print(json.dumps({"environment": default_environment(), "tags": [str(tag) for tag in sys_tags()]}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
