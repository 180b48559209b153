"""`pyz config explain KEY`: one value, its source, and what it shadows."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from django_pyz_runtime.activation.prepare import load
from django_pyz_runtime.activation.zero_config import KEY_FILE
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.commands.pyz.broken_settings import import_settings, print_anything, take_settings
from django_pyz_runtime.config.configuration import Configuration, Value
from django_pyz_runtime.config.options import BY_NAME, OPEN_SECTIONS, SECTIONS
from django_pyz_runtime.config.resolved import SETTINGS_MODULE
from django_pyz_runtime.data import settings_walk
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.secrets import recognise
from django_pyz_runtime.secrets.redaction import redacted
from django_pyz_runtime.texts import nearest


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Print a value, its source, and what it shadows."""
    print_anything()
    configuration = load(bundle, arguments)
    section, key = _find_key(options.key)
    value = configuration.values.get((section, key))
    if (section, key) in BY_NAME:
        lines = _explain_option(bundle.manifest.name, section, key, value)
    elif section == "settings":
        lines = _explain_setting(bundle, arguments, configuration, key, value)
    elif value:
        lines = [f"{section}.{key} = {value.shown}", f"  from     {value.source}"]
    else:
        known = {f"{one}.{other}" for one, other in BY_NAME} if section not in OPEN_SECTIONS else ()
        meant = nearest(options.key, known)
        raise UserError(
            f"{options.key}: is not set{f', did you mean {meant}?' if meant else ''}",
            hint=f"See `{configuration.command(bundle.executable.name)} pyz config show`.",
        )
    print(*lines, *_shadow_lines(value), sep="\n")
    return 0


def _find_key(name: str) -> tuple[str, str]:
    """The section and key that a word names: SECTION.KEY, one of our keys, or a Django setting."""
    section, dot, key = name.partition(".")
    if dot and section in SECTIONS:
        return section, key
    if section.isupper() and section.lower() not in SECTIONS:
        return "settings", name
    found = [where for where in BY_NAME if where[1] == name]
    if len(found) == 1 and name not in SECTIONS:
        return found[0]
    raise UserError(f"{name}: wanted SECTION.KEY or a Django setting, with a section of {', '.join(SECTIONS)}")


def _explain_option(name: str, section: str, key: str, value: Value | None) -> list[str]:
    option = BY_NAME[section, key]
    text = value.shown if value else option.default
    return [
        f"{section}.{key} = {text}".rstrip(),
        f"  from     {value.source if value else 'default'}",
        f"  meaning  {option.help.format(name=name)}",
        f"  wanted   {option.kind.wanted}",
    ]


def _explain_setting(
    bundle: Bundle, arguments: Arguments, configuration: Configuration, key: str, value: Value | None
) -> list[str]:
    activation, problem = import_settings(bundle, arguments, configuration)
    if problem or activation is None:
        raise UserError(f"{key}: the settings cannot be imported: {problem}")
    module = sys.modules[os.environ[SETTINGS_MODULE]]
    found = _look_up(module.__name__, key)
    lines = [f"{key} = {without_secrets(key, found)!r}"]
    moved = next((move for move in activation.moves if move.setting == key), None)
    if moved:
        lines.append(f"  moved    out of the code, from {moved.before}")
    beginnings = (f"{key}.", f"{key} +", f"{key}+")
    inside = [item for item in configuration.section("settings") if item.key.startswith(beginnings)]
    lines += [f"  changed  {item.key} = {item.shown} ({item.source})" for item in inside]
    if key == "DEBUG" and found and not value:
        lines.append("  serving  False, as runserve shows debug pages only if [settings] DEBUG asks for them")
    if value:
        source = value.source
    elif key == "SECRET_KEY" and activation.generated_key:
        source = f"{activation.data_dir / KEY_FILE}, generated as the project has none of its own"
    else:
        has_own = key.partition(".")[0] in own_settings()
        source = f"the settings module {module.__name__}" if has_own else "Django's default"
    return [*lines, f"  from     {source}"]


def _look_up(module: str, key: str) -> object:
    """Django's value of a setting; dots lead into dictionaries.

    Raises:
        UserError: there is none.
    """
    setting, *path = key.split(".")
    try:
        found: Any = getattr(take_settings(), setting)
    except AttributeError:
        raise UserError(f"{setting}: neither {module} nor Django has such a setting") from None
    for part in path:
        try:
            found = found[int(part) if isinstance(found, list | tuple) else part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise UserError(f"{key}: there is no {part!r} in it") from None
    return found


def own_settings() -> dict[str, object]:
    """Django's settings, without its defaults."""
    from django.conf import global_settings

    missing = object()
    settings = take_settings()
    found = {name: _value(settings, name) for name in dir(settings) if name.isupper()}
    return {name: value for name, value in found.items() if value is not getattr(global_settings, name, missing)}


def _value(settings: object, name: str) -> object:
    try:
        return getattr(settings, name)
    except Exception as error:
        return _Plain(f"({type(error).__name__} when it is read)")


class _Plain(str):
    """A text that stands for a value inside the representation of another."""

    __repr__ = str.__str__


def without_secrets(key: str, value: object) -> object:
    """A value with the same representation, except for its secrets.

    Args:
        key: its name in the settings or in a dictionary.
        value: the value; a lazy one is not evaluated.
    """
    value = settings_walk.plain(value)
    if type(value) is str:
        return recognise.shown(key, value)
    if value is None or type(value) is bool or (type(value) in (dict, list, tuple) and not value):
        return value
    if recognise.is_secret_name(key):
        return _Plain(recognise.HIDDEN)
    if type(value) is dict:
        return {name: without_secrets(str(name), item) for name, item in value.items()}
    if type(value) is list:
        return [without_secrets("", item) for item in value]
    if type(value) is tuple:
        return tuple(without_secrets("", item) for item in value)
    try:
        return _Plain(redacted(recognise.shown(key, repr(value))))
    except Exception as error:
        return _Plain(f"({type(error).__name__} when it is shown)")


def _shadow_lines(value: Value | None) -> Iterator[str]:
    for shadowed in value.shadowed if value else ():
        yield f"  shadows  {shadowed.shown} ({shadowed.source})"
