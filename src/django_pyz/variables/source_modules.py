"""The project's modules and their imports, in source that is read, not run."""

from __future__ import annotations

import ast
from contextlib import suppress
from pathlib import Path

from django_pyz.variables.environment_readers import canonical
from django_pyz.variables.helper_calls import Run
from django_pyz.variables.settings_source import absolute, included_files, package_of, parse
from django_pyz.variables.source_values import Holder, Known, Scope, Symbol


class Modules:
    """Reads modules in the order in which an import would run them.

    Attributes:
        settings: names of the modules that are settings: the one named, and those it takes all of.
    """

    def __init__(self, files: dict[str, Path], settings_module: str, run: Run) -> None:
        self.settings = {settings_module}
        self._files = files
        self._run = run
        self._scopes: dict[str, Scope] = {}

    def read(self, name: str, outer: Scope | None = None) -> Scope | None:
        """Read a module of the project, once; None where it is none of the project's.

        Args:
            outer: the scope that it shares names with, as an included file does.
        """
        if name in self._scopes or name not in self._files:
            return self._scopes.get(name)
        package, _, last = name.rpartition(".")
        if package:
            self.read(package)
        scope = self._scopes[name] = Scope(name, self._files[name], outer=outer)
        if package in self._scopes:
            self._scopes[package].names[last] = Holder(name, scope)
        if tree := parse(scope.path):
            # An expression too deep for this reader ends the reading of its module, not the build.
            with suppress(RecursionError):
                self._run(tree.body, scope)
        return scope

    def import_names(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        """Bind what an import gives, and read the modules of the project behind it."""
        if isinstance(node, ast.Import):
            for item in node.names:
                found = self.read(item.name)
                name = item.name if item.asname else item.name.partition(".")[0]
                holder = found if item.asname else self._scopes.get(name)
                scope.names[item.asname or name] = Holder(name, holder) if holder else Symbol(name, canonical(name))
            return
        module = absolute(node, package_of(scope.module, scope.path))
        if node.names[0].name == "*":
            self._import_all(module, scope)
            return
        inside = self.read(module)
        for item in node.names:
            full = f"{module}.{item.name}"
            submodule = self.read(full)
            known = Holder(full, submodule) if submodule else inside.names.get(item.name) if inside else None
            library = None if inside else Symbol(item.name, canonical(full))
            scope.names[item.asname or item.name] = known or library or Known(item.name)

    def _import_all(self, module: str, scope: Scope) -> None:
        if scope.module in self.settings:
            self.settings.add(module)
        if inside := self.read(module):
            scope.names.update(inside.names)

    def include(self, call: ast.Call, scope: Scope) -> None:
        """Read the files behind an `include(...)`, which share the names of the module that it stands in."""
        for name, _ in included_files(call, scope.module, scope.path):
            self.settings.add(name)
            if inside := self.read(name, scope):
                scope.names.update(inside.names)
