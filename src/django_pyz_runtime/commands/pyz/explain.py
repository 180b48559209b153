"""`pyz config explain KEY`: one value, where it is from, and what it shadows."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from django_pyz_runtime.activation.prepare import load
from django_pyz_runtime.activation.zero_config import KEY_FILE
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.commands.pyz.broken_settings import import_settings, print_anything
from django_pyz_runtime.config.configuration import Configuration, Value
from django_pyz_runtime.config.options import BY_NAME, OPEN_SECTIONS, SECTIONS
from django_pyz_runtime.config.resolved import SETTINGS_MODULE
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
            hint=f"See `{bundle.executable.name} pyz config show`.",
        )
    for line in [*lines, *_shadow_lines(value)]:
        print(line)
    return 0


def _find_key(name: str) -> tuple[str, str]:
    """The section and key that a word means: SECTION.KEY, a key of ours, or a Django setting."""
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
    found = _look_up(module, key)
    lines = [f"{key} = {_without_secrets(key, found)!r}"]
    moved = next((move for move in activation.moves if move.setting == key), None)
    if moved:
        lines.append(f"  moved    out of the code, from {moved.before}")
    inside = [
        item for item in configuration.section("settings") if item.key.startswith((f"{key}.", f"{key} +", f"{key}+"))
    ]
    lines += [f"  changed  {item.key} = {item.shown} ({item.source})" for item in inside]
    if key == "DEBUG" and found and not value:
        lines.append("  serving  False, as runserve shows debug pages only where [settings] DEBUG asks for them")
    if value:
        source = value.source
    elif key == "SECRET_KEY" and activation.generated_key:
        source = f"{activation.data_dir / KEY_FILE}, generated as the project has none of its own"
    else:
        has_own = hasattr(module, key.partition(".")[0])
        source = f"the settings module {module.__name__}" if has_own else "Django's default"
    return [*lines, f"  from     {source}"]


def _look_up(module: ModuleType, key: str) -> object:
    """The value of a setting, with dots inside dictionaries.

    Raises:
        UserError: there is none.
    """
    from django.conf import global_settings

    setting, *path = key.split(".")
    found: Any = getattr(module, setting, getattr(global_settings, setting, None))
    if found is None and not hasattr(module, setting) and not hasattr(global_settings, setting):
        raise UserError(f"{setting}: neither {module.__name__} nor Django has such a setting")
    for part in path:
        try:
            found = found[int(part) if isinstance(found, list | tuple) else part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise UserError(f"{key}: there is no {part!r} in it") from None
    return found


class _Plain(str):
    """A text that stands for a value in the representation of what it is in."""

    __repr__ = str.__str__


def _without_secrets(key: str, value: object) -> object:
    """A value with the same representation, but for the secrets in it.

    Args:
        key: the name that it has in the settings or in a dictionary.
        value: of it.
    """
    if type(value) is str:
        return recognise.shown(key, value)
    if not value or value is True:
        return value
    if recognise.is_secret_name(key):
        return _Plain(recognise.HIDDEN)
    if type(value) is dict:
        return {name: _without_secrets(str(name), item) for name, item in value.items()}
    if type(value) is list:
        return [_without_secrets("", item) for item in value]
    if type(value) is tuple:
        return tuple(_without_secrets("", item) for item in value)
    return _Plain(redacted(recognise.shown(key, repr(value))))


def _shadow_lines(value: Value | None) -> Iterator[str]:
    for shadowed in value.shadowed if value else ():
        yield f"  shadows  {shadowed.shown} ({shadowed.source})"
