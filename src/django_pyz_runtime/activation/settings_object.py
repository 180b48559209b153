"""The settings as Django sees them, whatever holds them, and the change of them.

Most projects have a plain module, whose namespace Django copies. Others put something else in its place while it runs:

- an object of a settings library in place of `django.conf.settings` or inside it, or a call of `settings.configure`;
- an object, a module of a class of its own, or a module with `__getattr__` in place of the module.

The values of that object are what is changed, and what changed is written to every place that Django or the project may
read it from. A module that is more than a namespace is followed by a plain one that holds the values and asks it for
anything else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from django_pyz_runtime.data.settings_walk import plain
from django_pyz_runtime.errors import UserError

Change = Callable[[dict[str, Any]], None]

_MISSING = object()


def change_module(module: ModuleType, change: Change) -> None:
    """Change the settings that a settings module has made.

    Args:
        module: has run.
        change: gets the namespace to change.

    Raises:
        UserError: an object does not take a value.
    """
    answering: Any = sys.modules.get(module.__name__, module)
    holders = _holders()
    is_plain = type(answering) is ModuleType and not {"__getattr__", "__dir__"} & vars(answering).keys()
    if is_plain and not holders:
        change(vars(answering))
        return
    namespace = {**vars(module), **_values(answering)}
    for holder in holders:
        namespace |= _own_values(holder, namespace)
    changed = _changed(namespace, change)
    if is_plain:
        vars(answering).update(_upper(namespace))
    else:
        sys.modules[module.__name__] = _follower(module, answering, _upper(namespace))
    for holder in holders:
        _set_all(holder, changed)


def change_configured(change: Change) -> None:
    """Change what `settings.configure` has been given.

    Raises:
        UserError: an object does not take a value.
    """
    for holder in _holders():
        namespace = {"__name__": "django.conf", **_own_values(holder, {})}
        _set_all(holder, _changed(namespace, change))


def _changed(namespace: dict[str, Any], change: Change) -> dict[str, Any]:
    """Change a namespace; the settings that are new or other objects now."""
    before = dict(namespace)
    change(namespace)
    return {name: value for name, value in _upper(namespace).items() if value is not before.get(name, _MISSING)}


def _holders() -> list[Any]:
    """The settings objects that have values of their own already, the one that Django asks last."""
    from django import conf

    in_force = getattr(sys.modules["django.conf"], "settings", None)
    original = conf.settings
    holders = [original] if not isinstance(original, conf.LazySettings) or original.configured else []
    # A library may put itself in the place of the module or of its object.
    return [*holders, in_force] if in_force is not None and in_force is not original else holders


def _own_values(holder: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a settings object without Django's defaults, unless they are known to be set."""
    from django.conf import global_settings

    return {
        name: value
        for name, value in _values(holder).items()
        if name in known or _differs(value, getattr(global_settings, name, _MISSING))
    }


def _differs(value: Any, other: Any) -> bool:
    try:
        return value is not other and bool(value != other)
    except Exception:
        # A lazy value that cannot be made.
        return True


def _values(holder: Any) -> dict[str, Any]:
    """The settings that an object has, read as Django reads a module."""
    from django.core.exceptions import ImproperlyConfigured

    found: dict[str, Any] = {}
    for name in dir(holder):
        if name.isupper():
            try:
                found[name] = plain(getattr(holder, name))
            except (AttributeError, ImproperlyConfigured):
                # dir() says more than there is, or the value must not be used as it is: an empty SECRET_KEY.
                continue
    return found


def _upper(namespace: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in namespace.items() if name.isupper()}


def _set_all(holder: Any, values: Mapping[str, Any]) -> None:
    """Set values on a settings object, and on what it wraps where that does not take them.

    Raises:
        UserError: it has another value afterwards.
    """
    for name, value in values.items():
        if not _takes(holder, name, value) and not _takes_when_wrapped(holder, name, value):
            raise UserError(
                f"{name}: the project's settings are an object ({type(holder).__name__}) that does not take a value",
                hint=f"Set {name} where that object reads it: see the section [env], or the files it reads.",
            )


def _takes(holder: Any, name: str, value: Any) -> bool:
    try:
        setattr(holder, name, value)
        found, wanted = plain(getattr(holder, name)), plain(value)
        if isinstance(wanted, tuple):
            # An object may make a list of it.
            found, wanted = list(found), list(wanted)
        return not _differs(found, wanted)
    except Exception:
        # Read-only properties, frozen objects, validators: each has an error of its own.
        return False


def _takes_when_wrapped(holder: Any, name: str, value: Any) -> bool:
    """Let Django's own holder, which `override_settings` uses, have the value before the object does."""
    from django.conf import LazySettings, UserSettingsHolder

    if not isinstance(holder, LazySettings):
        return False
    wrapped = vars(holder)["_wrapped"]
    if not isinstance(wrapped, UserSettingsHolder):
        setattr(holder, "_wrapped", UserSettingsHolder(wrapped))  # noqa: B010 - the type checker sees what is wrapped
    return _takes(holder, name, value)


class _Follower(ModuleType):
    """A settings module that holds the values and asks what was there before for anything else."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["__wrapped__"], name)


def _follower(module: ModuleType, answering: Any, values: Mapping[str, Any]) -> ModuleType:
    made = _Follower(module.__name__)
    answers = ("__getattr__", "__dir__", "__class__")
    own = {name: value for name, value in vars(module).items() if name.startswith("__") and name not in answers}
    vars(made).update({**own, **values, "__wrapped__": answering})
    return made
