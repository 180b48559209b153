"""The first Python code of a bundle. Its first lines, for the shell, read, check and execute its bytecode.

`launcher` is a dictionary: "modules", the bytecode of each of the launcher's modules, by the path of its source;
"launch", what it is called with. The build wing writes it.
"""

import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any


class LauncherFinder:
    """Finds and loads the modules of the launcher.

    Args:
        modules: the code of each, by the path of its source.
    """

    def __init__(self, modules: "dict[str, bytes]") -> None:
        self._modules = modules

    def find_spec(self, name: str, path: object = None, target: object = None) -> "ModuleSpec | None":
        """Find a module of the launcher."""
        if not (found := self._path(name)):
            return None
        loader: Any = self
        return type(sys.__spec__)(name, loader, is_package=found.endswith("/__init__.py"))

    def create_module(self, spec: "ModuleSpec") -> None:
        """Leave that to Python."""

    def exec_module(self, module: "ModuleType") -> None:
        """Run a module's code."""
        exec(marshal.loads(self._modules[self._path(module.__name__)]), vars(module))

    def _path(self, name: str) -> str:
        """Of a module's source; "" where the launcher has no such module."""
        stem = name.replace(".", "/")
        return next((path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in self._modules), "")


def start(launcher: "dict[str, Any]") -> None:
    """Hand over to the launcher."""
    del sys.argv[0]
    # Without the current folder.
    sys.path[:] = filter(None, sys.path)
    sys.meta_path.insert(0, LauncherFinder(launcher["modules"]))
    from django_pyz_runtime.boot.launcher import launch

    launch(*launcher["launch"])


start(globals().pop("launcher"))
