"""`pyz config discover`: the environment variables that the project's settings read."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from django_pyz_runtime.activation.prepare import load
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import Variable
from django_pyz_runtime.secrets.recognise import shown_source


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Print the variables, those that are required first."""
    variables = bundle.manifest.variables
    if not variables:
        print("The settings read no environment variables that the build could find.")
        return 0
    where = load(bundle, arguments).file.path
    required = [item for item in variables if item.is_required]
    optional = [item for item in variables if not item.is_required]
    for title, items in ((f"Required; set them in the section [env] of {where}:", required), ("Optional:", optional)):
        if items:
            print(title)
            for line in _table(items):
                print(line)
    return 0


def _table(variables: list[Variable]) -> Iterator[str]:
    width = max(len(item.name) for item in variables)
    for item in variables:
        default = "" if item.default is None else f" = {shown_source(item.name, item.default)}"
        yield f"  {item.name:<{width}}{default}  ({', '.join(filter(None, [item.where, item.kind, item.condition]))})"
