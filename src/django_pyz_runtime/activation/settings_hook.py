"""Changes the settings module as it is imported, whoever imports it, and leaves the project's source as it is.

Protocol: a finder at the front of sys.meta_path answers for one module only, the one that DJANGO_SETTINGS_MODULE names
at that moment. It lets the finders behind it find the module, and wraps the loader's `exec_module`: the original runs,
then a function gets the namespace of what Django takes the settings from, which is mostly the module's (see
settings_object). The module keeps its own loader and spec.

Settings that come about in another way, as a module that is made by code or one that ran before the variable named it,
or by `settings.configure`, are changed when Django takes them: `django.conf` is wrapped when it is imported.

Other libraries (django-configurations) put such a finder in front too, later than ours, and do not ask those behind
theirs. Whenever ours is asked for another module, it goes back to the front, so that theirs is the one that is wrapped.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from django_pyz_runtime.activation.settings_errors import unknown_time_zone
from django_pyz_runtime.activation.settings_object import Change, change_configured, change_module

Explain = Callable[[BaseException], Exception | None]
Context = Callable[[], AbstractContextManager[None]]


class SettingsHook:
    """The finder.

    Args:
        change: gets the namespace of the settings module once it has run.
        explain: gets an error that the settings raise, and returns the one to raise instead, if any.
        context: makes what the settings run in.
        watched: modules of Django's to be changed once they have run, by name.
    """

    def __init__(
        self,
        change: Change,
        explain: Explain = lambda error: None,
        context: Context = nullcontext,
        watched: Mapping[str, Callable[[ModuleType], None]] | None = None,
    ) -> None:
        self._change = change
        self._explain = explain
        self._context = context
        self._changed: set[str] = set()
        self._watched = {**(watched or {}), "django.conf": _watch}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the settings module by way of the other finders; None for every other module."""
        watched = self._watched.get(fullname)
        if fullname != os.environ.get("DJANGO_SETTINGS_MODULE") and not watched:
            if sys.meta_path[0] is not self and self in sys.meta_path:
                sys.meta_path.remove(self)
                sys.meta_path.insert(0, self)
            return None
        for finder in sys.meta_path:
            # Those of old libraries have no find_spec.
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            if spec := finder.find_spec(fullname, path, target):
                if spec.loader is not None and watched:
                    spec.loader = _ChangingLoader(spec.loader, watched, lambda error: None, nullcontext)
                elif spec.loader is not None:
                    spec.loader = _ChangingLoader(spec.loader, self.change, self._explain, self._context)
                return spec
        return None

    def watch(self, name: str, change: Callable[[ModuleType], None]) -> None:
        """Change another module once it has run."""
        self._watched[name] = change

    def change(self, module: ModuleType) -> None:
        """Change the settings of a settings module that has run."""
        self._changed.add(module.__name__)
        change_module(module, self._change)

    def change_unseen(self) -> None:
        """Change those of a settings module that was there without having been asked for here."""
        module = sys.modules.get(os.environ.get("DJANGO_SETTINGS_MODULE", ""))
        # One that is still running is changed when it has run.
        is_running = getattr(getattr(module, "__spec__", None), "_initializing", False)
        if module is not None and module.__name__ not in self._changed and not is_running:
            self.change(module)

    def change_configured(self) -> None:
        """Change those that `settings.configure` was given."""
        change_configured(self._change)


def _watch(django_conf: ModuleType) -> None:
    """Let Django's settings object tell the hook that is in place when it takes settings."""
    kind = vars(django_conf)["LazySettings"]
    setup, configure = kind._setup, kind.configure

    def change_and_setup(self: Any, name: Any = None) -> None:
        if hook := _in_place():
            hook.change_unseen()
        try:
            setup(self, name)
        except ValueError as error:
            raise unknown_time_zone(error) or error from None

    def configure_and_change(self: Any, *arguments: Any, **options: Any) -> None:
        configure(self, *arguments, **options)
        if (hook := _in_place()) and self is sys.modules["django.conf"].settings:
            hook.change_configured()

    kind._setup, kind.configure = change_and_setup, configure_and_change


def _in_place() -> SettingsHook | None:
    return next((finder for finder in sys.meta_path if isinstance(finder, SettingsHook)), None)


def when_imported(name: str, change: Callable[[ModuleType], None]) -> None:
    """Change a module of Django's as soon as it has been imported; manage.py may want to do something before that.

    Args:
        name: of the module.
        change: gets it.
    """
    if module := sys.modules.get(name):
        change(module)
    elif hook := _in_place():
        hook.watch(name, change)


class _ChangingLoader(Loader):
    """Runs the original loader, then the change."""

    def __init__(
        self, original: Loader, change: Callable[[ModuleType], None], explain: Explain, context: Context
    ) -> None:
        self._original = original
        self._change = change
        self._explain = explain
        self._context = context

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the original does; one of the old kind (PEP 302) imports the module here."""
        if hasattr(self._original, "exec_module"):
            return self._original.create_module(spec)
        with self._explained(), self._context():
            return self._original.load_module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Run the settings and change them; from then on the module shows its own loader."""
        module.__loader__ = self._original
        if module.__spec__ is not None:
            module.__spec__.loader = self._original
        if hasattr(self._original, "exec_module"):
            with self._explained(), self._context():
                self._original.exec_module(module)
        self._change(module)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if instead := self._explain(error):
                raise instead from error
            raise


@contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    """Change to the project's folder, where developers run manage.py, as some settings read files relative to it.

    The current folder of the command stays the same, as its arguments may be relative to it.
    """
    try:
        before = os.getcwd()
    except OSError:
        before = ""
    if not os.access(before, os.X_OK):
        # There would be no way back.
        yield
        return
    folder = folder.resolve()
    os.chdir(folder)
    try:
        yield
    finally:
        # The settings may have chosen another one.
        if os.getcwd() == str(folder):
            os.chdir(before)


@contextmanager
def same_key(key: Callable[[], str]) -> Iterator[None]:
    """Let Django's `get_random_secret_key` return the stored key.

    Settings that fall back on it would otherwise have a different key in each worker, and after each restart.

    Args:
        key: returns the stored key.
    """
    from django.core.management import utils

    original = utils.get_random_secret_key
    utils.get_random_secret_key = key
    try:
        yield
    finally:
        utils.get_random_secret_key = original
