"""Runs in the Python that a bundle is built for and compiles the modules of a tree.

Protocol: `python -PSB compile_parts.py TREE PARTS OUTPUT WORKERS`, where PARTS is a JSON file with lists of modules, by
their paths in TREE, and WORKERS is how many processes run at a time. For list number N it writes the file N into the
folder OUTPUT: a line with a JSON object, from path to size in bytes, and the code objects, by `marshal`, in its order.
Files that are not valid Python are skipped.
"""

from __future__ import annotations

import json
import marshal
import os
import sys

_RUN_WING = "django_pyz_runtime/"


def main(argv: list[str]) -> int:
    """Compile each part in its own process: marshal's output depends on what the process did before."""
    tree, parts_file, output, limit = argv
    with open(parts_file, encoding="ascii") as file:
        parts = json.load(file)
    workers = int(limit)
    for number, part in enumerate(parts):
        if number >= workers:
            _wait_for_one()
        if not os.fork():
            _compile_part(tree, part, os.path.join(output, str(number)))
            os._exit(0)
    for _ in range(min(workers, len(parts))):
        _wait_for_one()
    return 0


def _wait_for_one() -> None:
    _, status = os.wait()
    if status:
        raise SystemExit("a part cannot be compiled")


def _compile_part(tree: str, part: list[str], output: str) -> None:
    sizes, codes = {}, []
    for name in part:
        try:
            with open(os.path.join(tree, name), "rb") as source:
                # Our own docstrings are not needed on a server: they would take 140 KB in each process.
                optimize = 2 if name.startswith(_RUN_WING) else -1
                code = compile(source.read(), name, "exec", dont_inherit=True, optimize=optimize)
        except (SyntaxError, ValueError, UnicodeDecodeError, RecursionError):
            continue
        codes.append(marshal.dumps(code))
        sizes[name] = len(codes[-1])
    with open(output, "wb") as file:
        file.write(json.dumps(sizes).encode() + b"\n" + b"".join(codes))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
