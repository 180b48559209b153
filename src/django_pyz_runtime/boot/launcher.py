"""The first code of a bundle: find or make the unpacked tree, trust it, put it on sys.path, hand over.

It is imported from inside the executable file, where only the modules that it needs are. After the hand-over the same
package is imported again, whole, from the tree. Standard library only.
"""

from __future__ import annotations

import os
import sys

from django_pyz_runtime.boot import arguments
from django_pyz_runtime.boot.tree_search import find_code
from django_pyz_runtime.bundle import bytecode_finder
from django_pyz_runtime.bundle.names import absolute
from django_pyz_runtime.errors import UserError, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from _typeshed.wsgi import WSGIApplication


_OLDEST_PYTHON = (3, 11)
_NOT_OURS = (
    "PYTHONEXECUTABLE",
    "PYTHONHOME",
    "PYTHONINSPECT",
    "PYTHONPATH",
    "PYTHONPLATLIBDIR",
    "PYTHONPYCACHEPREFIX",
    "PYTHONSTARTUP",
    "PYTHONUSERBASE",
    "PYTHON_PRESITE",
)
"""Variables that make Python run other code. The first lines of a bundle drop them, too (see django_pyz.pack.head)."""


def launch(
    name: str, build_id: str, runs_on: tuple[str, bool, int, int], has_extensions: bool, archive: str = ""
) -> NoReturn:
    """Run the executable file as a program; what `__main__` calls.

    Args:
        name: the project's name.
        build_id: of this file.
        runs_on: the Python that it needs (see bundle.container.Container).
        has_extensions: whether modules in it are compiled.
        archive: path of the archive with the tree; default the file itself.
    """
    executable = absolute(sys.argv[0])
    sys.argv[0] = executable
    # runserver's autoreload would take the archive's __main__ for a module started with -m, and multiprocessing its
    # __file__ for a script that child processes can run.
    main_module = sys.modules["__main__"]
    main_module.__spec__ = None
    vars(main_module).pop("__file__", None)
    sys.dont_write_bytecode = True
    for variable in _NOT_OURS:
        os.environ.pop(variable, None)
    if "." in (warnings := os.environ.get("PYTHONWARNINGS", "")):
        os.environ["PYTHONWARNINGS"] = ",".join(item for item in warnings.split(",") if not _names_module(item))
    _do_what_site_does()
    try:
        _check_python(*runs_on)
        given = arguments.split(sys.argv[1:])
        archive = archive or executable
        first = ""
        if given.command[:2] in (["pyz", "install"], ["pyz", "upgrade"]):
            from django_pyz_runtime.boot.installing import folder_to_unpack_to

            first = folder_to_unpack_to(archive, name, given.command)
        site_packages = find_code(archive, name, build_id, given.config, has_extensions, first)
    except UserError as error:
        tell(error)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    sys.path[:] = [*filter(is_standard_library, sys.path), site_packages]
    _hand_over(site_packages)
    from django_pyz_runtime.main import main

    raise SystemExit(main(executable, site_packages, build_id))


def wsgi_application(executable: str) -> WSGIApplication:
    """The site in the process of a WSGI server that somebody else started; the bundle comes first on its sys.path.

    Args:
        executable: path of the bundle.

    Raises:
        UserError: the file is damaged, there is no place for the tree, or the configuration does not allow it.
    """
    from django_pyz_runtime.bundle.container import read_container

    executable = absolute(executable)
    container = read_container(executable)
    _check_python(*container.runs_on)
    site_packages = find_code(executable, container.name, container.build_id, None, container.has_extensions)
    others = [entry for entry in sys.path if entry != executable]
    library = [entry for entry in others if is_standard_library(entry)]
    sys.path[:] = [*library, site_packages, *(entry for entry in others if entry not in library)]
    _hand_over(site_packages)
    from django_pyz_runtime import wsgi

    return wsgi.wsgi_application(executable, site_packages, container.build_id)


def _names_module(warning: str) -> bool:
    """Whether an item of PYTHONWARNINGS has a category for which Python imports a module."""
    return "." in "".join(warning.split(":")[2:3])


def _do_what_site_does() -> None:
    """Add the builtins of an interactive Python, which are missing after a start with -S, for speed."""
    if sys.flags.no_site:
        import site

        site.setquit()
        site.setcopyright()
        site.sethelper()
        site.enablerlcompleter()


def _hand_over(site_packages: str) -> None:
    """Let our modules be imported again, whole, from the tree."""
    loader = getattr(sys.modules[__name__].__spec__, "loader", None)
    bytecode_finder.install_for_tree(site_packages)
    forget_run_wing()
    sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not loader]


def _check_python(python: str, bound_to_python: bool, least_patch: int, below_patch: int) -> None:
    running = "{}.{}".format(*sys.version_info)
    if bound_to_python and running != python:
        raise UserError(
            f"wanted Python {python}, found Python {running}: the bundle holds modules compiled for {python} only",
            hint=f"Start it with python{python}, or build it again with --python python{running}.",
        )
    patch = sys.version_info[2]
    if running == python and (patch < least_patch or 0 < below_patch <= patch):
        wanted = f"{python}.{least_patch} or newer" if patch < least_patch else f"older than {python}.{below_patch}"
        raise UserError(
            f"wanted Python {wanted}, found Python {running}.{patch}, but the bundle lacks packages for that version",
            hint=f"Start it with another python{python}, or build it again with that one: --python PATH.",
        )
    if sys.version_info < _OLDEST_PYTHON:
        raise UserError(f"wanted Python 3.11 or newer, found Python {running}", hint="Start it with a newer Python.")


def is_standard_library(entry: str) -> bool:
    """Whether an entry of sys.path belongs to Python itself: nothing else may replace the bundle's code."""
    library = os.path.dirname(os.__file__)
    if entry == library or os.path.normpath(entry).startswith(library + os.sep):
        return "site-packages" not in entry and "dist-packages" not in entry
    return os.path.basename(entry) == f"python{sys.version_info[0]}{sys.version_info[1]}.zip"


def forget_run_wing() -> None:
    """Drop our modules, so that they are imported again from elsewhere: the archive has some, the tree all."""
    package = __name__.partition(".")[0]
    for module in [key for key in sys.modules if key.partition(".")[0] == package]:
        del sys.modules[module]
