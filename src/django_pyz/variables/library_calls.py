"""Calls of the libraries that read environment variables, in source that is read, not run."""

from __future__ import annotations

import ast
from dataclasses import replace

from django_pyz.variables.environment_readers import Reader, canonical, instance_of, reader
from django_pyz.variables.source_expressions import Expressions
from django_pyz.variables.source_values import Entries, Items, Known, Scope, Symbol, Text, arguments
from django_pyz.variables.variable_kinds import kind_of, kind_of_cast, kind_of_default
from django_pyz.variables.variable_readings import Read

_EVERETT = "everett.manager.ConfigManager()"
_VALUES = "configurations.values."
_VALUE_PARAMETERS = ("default", "environ", "environ_name", "environ_prefix", "environ_required")
_VALUE_KINDS = {
    "Value": "text",
    "BooleanValue": "bool",
    "IntegerValue": "int",
    "PositiveIntegerValue": "int",
    "FloatValue": "float",
    "DecimalValue": "float",
    "DictValue": "dict",
    "PathValue": "path",
    "SecretValue": "text",
    "EmailValue": "text",
    "IPValue": "text",
    "RegexValue": "text",
    "URLValue": "url",
}
_URL_VALUES = {
    "DatabaseURLValue": "DATABASE",
    "CacheURLValue": "CACHE",
    "EmailURLValue": "EMAIL",
    "SearchURLValue": "SEARCH",
}


def library_call(walk: Expressions, call: ast.Call, symbol: Symbol, scope: Scope, kind: str) -> Known | None:
    """What a call of a library's function stands for; the variable that it reads is noted."""
    if symbol.name in {"os.environ.copy", "os.environ.keys"}:
        return Symbol(symbol.source, "os.environ")
    if symbol.name.startswith(_VALUES):
        return _configuration_value(walk, call, symbol.name.removeprefix(_VALUES), scope)
    if instance := instance_of(symbol.name):
        return _instance(walk, call, instance, scope)
    if symbol.name in {f"{_EVERETT}.with_namespace", "environs.Env().prefixed"}:
        return _prefixed(walk, call, symbol, scope)
    if how := reader(symbol.name):
        return _reading(walk, call, symbol, how, scope, kind)
    read_arguments(walk, call, scope, kind_of_cast(symbol.name))
    return None


def read_arguments(walk: Expressions, call: ast.Call, scope: Scope, kind: str) -> list[Known | None]:
    """Read the arguments of a call that is not understood."""
    for word in call.keywords:
        walk.value(word.value, scope, kind)
    return [walk.value(item, scope, kind) for item in call.args]


def source_of(walk: Expressions, node: ast.expr, scope: Scope) -> str:
    """The source text of an argument, taken from where it was handed in."""
    known = walk.value(node, scope)
    return known.source if type(known) in {Known, Text} and known else ast.unparse(node)


def _instance(walk: Expressions, call: ast.Call, name: str, scope: Scope) -> Symbol:
    words = {word.arg: word.value for word in call.keywords if word.arg}
    read_arguments(walk, call, scope, "")
    prefix = walk.value(words.get("prefix") or words.get("env_prefix") or ast.Constant(""), scope)
    text = prefix.text if isinstance(prefix, Text) else ""
    for word in call.keywords:
        if word.arg is None and isinstance(poured := walk.value(word.value, scope), Entries):
            words |= dict(poured.entries)
    return Symbol(ast.unparse(call), canonical(name), text, tuple(words.items()))


def _prefixed(walk: Expressions, call: ast.Call, symbol: Symbol, scope: Scope) -> Symbol:
    name, _, method = symbol.name.rpartition(".")
    prefix = walk.value(call.args[0], scope) if call.args else None
    return replace(symbol, name=name, prefix=symbol.prefix + _glued(prefix, "_" if method == "with_namespace" else ""))


def _reading(walk: Expressions, call: ast.Call, symbol: Symbol, how: Reader, scope: Scope, kind: str) -> Read | None:
    given = arguments(call, how.parameters)
    first = next((given.pop(word) for word in (how.parameters[0], "name", "var", "key") if word in given), None)
    name = walk.value(first, scope) if first else Text(how.variable, how.variable) if how.variable else None
    cast = given.pop("cast", None) or given.pop("parser", None)
    node = given.pop("default", None)
    default = source_of(walk, node, scope) if node else how.unset
    prefix = _prefix(walk, symbol, given.pop("namespace", None), scope)
    for other in given.values():
        walk.value(other, scope)
    if not isinstance(name, Text):
        return None
    meaning = how.kind or kind_of(cast) or kind
    if scheme := dict(symbol.scheme).get(name.text):
        declared_cast, declared = _declared(scheme)
        meaning, default = meaning or kind_of(declared_cast), default or declared
    if default is None and "raise_error" in given and ast.unparse(given["raise_error"]) == "False":
        default = "None"
    # A library's default is of the wanted type; os.environ.get(name, False) gives a text, whose meaning is not told.
    told = kind_of_default(default)
    meaning = meaning or ("" if symbol.name.startswith("os.") and told == "bool" else told)
    text = prefix + name.text
    full = replace(name, text=text.upper() if symbol.name == _EVERETT else text)
    read = walk.found.read(full, default, meaning, scope, call)
    if symbol.name == "os.environ.setdefault":
        walk.found.provided.add(text)
    return read


def _prefix(walk: Expressions, symbol: Symbol, namespace: ast.expr | None, scope: Scope) -> str:
    """What a reader puts in front of a name; everett's, the namespaces."""
    return symbol.prefix + (_glued(walk.value(namespace, scope), "_") if namespace else "")


def _glued(given: Known | None, glue: str) -> str:
    names = given.items if isinstance(given, Items) else (given,)
    return "".join(item.text + glue for item in names if isinstance(item, Text))


def _declared(scheme: ast.expr) -> tuple[ast.expr, str | None]:
    """Type and default, as django-environ's Env takes them: `bool` or `(bool, False)`."""
    match scheme:
        case ast.Tuple(elts=[cast, default]):
            return cast, ast.unparse(default)
    return scheme, None


def _configuration_value(walk: Expressions, call: ast.Call, name: str, scope: Scope) -> Read | None:
    """A `values.BooleanValue(...)` of django-configurations, which takes its name from the setting."""
    if not name.endswith("Value"):
        return None
    given = arguments(call, _VALUE_PARAMETERS)
    variable = _URL_VALUES.get(name)
    prefix_node = given.get("environ_prefix", ast.Constant(None if variable else "DJANGO"))
    prefix = walk.value(prefix_node, scope)
    own = walk.value(
        given.get("environ_name", ast.Constant(f"{variable}_URL" if variable else walk.target.upper())), scope
    )
    default = given.get("default")
    source: str | None = source_of(walk, default, scope) if default else "{}" if variable else "None"
    if name == "SecretValue" or ast.unparse(given.get("environ_required", ast.Constant(False))) == "True":
        source = None
    if ast.unparse(given.get("environ", ast.Constant(True))) == "False" or not isinstance(own, Text) or not own.text:
        return None
    start = f"{prefix.text.removesuffix('_')}_" if isinstance(prefix, Text) and prefix.text else ""
    kind = "url" if variable else _VALUE_KINDS.get(name, "list")
    return walk.found.read(replace(own, text=start + own.text), source, kind, scope, call)
