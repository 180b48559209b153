"""Finds the setting that makes a project write into its code, and says what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from django_pyz_runtime.bundle.names import PROJECT_FOLDER, SITE_PACKAGES
from django_pyz_runtime.data import settings_walk
from django_pyz_runtime.data.writable_settings import is_nothing


class Code(NamedTuple):
    """The code, and what messages about it name.

    Attributes:
        trees: the folders, with no symbolic links in their paths.
        data_dir: where data belongs, likewise; it may lie in one of them.
        script: how commands begin.
    """

    trees: tuple[str, ...]
    data_dir: str
    script: str

    def holds(self, real: str) -> bool:
        """Whether a path without symbolic links is one of the code."""
        return any(_is_inside(real, tree) for tree in self.trees) and not _is_inside(real, self.data_dir)

    def relative(self, real: str) -> str:
        """The place of a path in the project, or in the tree."""
        tree = next(tree for tree in self.trees if _is_inside(real, tree))
        roots = (os.path.join(tree, PROJECT_FOLDER), os.path.join(tree, SITE_PACKAGES), tree)
        return os.path.relpath(real, next(root for root in roots if _is_inside(real, root)))


def advice(real: str, code: Code, *, is_folder: bool = False) -> str:
    """The advice for a write to a path, with the settings as far as they have been read."""
    module = sys.modules.get(os.environ.get("DJANGO_SETTINGS_MODULE", ""))
    # While it is being imported, importlib says so here.
    is_read = not getattr(getattr(module, "__spec__", None), "_initializing", False)
    return message_for(real, code, vars(module) if module else {}, is_read=is_read, is_folder=is_folder)


def message_for(
    real: str, code: Code, namespace: Mapping[str, Any], *, is_read: bool = True, is_folder: bool = False
) -> str:
    """The advice for a write to a path.

    Args:
        real: the path, in the code.
        code: the code.
        namespace: of the settings module.
        is_read: whether all of the settings module has run; [settings] has no say before.
        is_folder: whether a folder would be made there, rather than a file.
    """
    name, folder = setting_for(real, code, namespace)
    if name and is_read:
        place = os.path.join(code.data_dir, code.relative(folder))
        return (
            f"the code is read-only; the setting {name} points there: set [settings] {name} = {place} "
            f"(`{code.script} pyz config show` shows the configuration)"
        )
    what = "the project writes beside its code, which is read-only"
    if name:
        what = f"the code is read-only; the setting {name} points there, and is used while the settings are read"
    return (
        f"{what}; give it another folder through {'[env]' if name else 'its settings or [env]'}, or name "
        f"{_data_path(real, folder, code, is_folder)} in [tool.django-pyz] data-paths when building"
    )


def _data_path(real: str, folder: str, code: Code, is_folder: bool) -> str:
    """What to write into data-paths, where a folder ends with a slash.

    Args:
        real: the path that would be written.
        folder: the path of the setting that leads there, or "".
        code: the code.
        is_folder: whether the path would be a folder.
    """
    path = folder or real
    is_folder = is_folder or path != real
    above = os.path.dirname(path)
    if (
        not is_folder
        and code.holds(above)
        and code.relative(above) != "."
        and os.path.isdir(above)
        and is_nothing(Path(above))
    ):
        # One file after another would be refused there.
        path, is_folder = above, True
    return code.relative(path) + ("/" if is_folder else "")


def setting_for(real: str, code: Code, namespace: Mapping[str, Any]) -> tuple[str, str]:
    """The setting whose path is this one or, else, the nearest folder around it, and that path; "" for none of them."""
    paths = [(name, os.path.realpath(value)) for name, value in settings_walk.values(namespace) if _is_path(value)]
    around = [(name, path) for name, path in paths if _is_inside(real, path) and _is_for_data(path, code)]
    return max(around, key=lambda item: len(item[1]), default=("", ""))


def _is_path(value: Any) -> bool:
    """Whether a value is an absolute path."""
    return settings_walk.is_really(value, str, Path) and os.path.isabs(value) and "\0" not in str(value)


def _is_for_data(path: str, code: Code) -> bool:
    """Whether a path is in the code without being where code lies, as BASE_DIR is."""
    if not code.holds(path) or code.relative(path) == ".":
        return False
    try:
        return not any(name.endswith(".py") for name in os.listdir(path))
    except OSError:
        return True


def _is_inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
