"""Records which environment variables are read while settings are imported, and what the source says about each.

It runs in the Python that a bundle is built for, inside the staged project, and uses only the standard library.

A reading counts if the project supplied the name: to os.environ, to a function of its own, or to a library. Readings by
libraries on their own do not. Values in the environment are never recorded. Objects of the project or a library are
only asked for their type: anything else would set up a lazy one.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from inspect import CO_OPTIMIZED, CO_VARARGS, CO_VARKEYWORDS
from itertools import islice
from types import FrameType
from typing import Any, NamedTuple

from django_pyz.project.modules import syntax_tree
from django_pyz.variables import class_attributes, reading
from django_pyz.variables.kinds import kind_of_name, kind_of_source, kind_of_value
from django_pyz.variables.reading import Path, Reading

_STANDARD = {"os", "collections.abc", __name__}
"""The modules of os.environ and its methods."""


class _Name(str):
    """A name from an iteration over the environment: looking it up is not a reading by name."""

    __slots__ = ()


class _RecordedEnviron(os._Environ):  # type: ignore[type-arg]
    """The type of os.environ during the recording."""

    recorder: Recorder

    def __getitem__(self, key: Any) -> Any:
        if type(key) is not _Name:
            self.recorder.note_read(os.fsdecode(key), sys._getframe(1))
        return super().__getitem__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.recorder.note_write(os.fsdecode(key), sys._getframe(1))
        super().__setitem__(key, value)

    def __iter__(self) -> Iterator[Any]:
        self.recorder.note_walk(sys._getframe(1))
        return (_Name(key) if isinstance(key, str) else key for key in super().__iter__())


class _Place(NamedTuple):
    """Where the project reads: file, line, path to the expression, and the names in its scope."""

    file: str
    line: int
    path: Path
    names: dict[str, Any]


class Recorder:
    """Records readings.

    Args:
        project: the folder of the project's own code.
    """

    def __init__(self, project: str) -> None:
        self._project = os.path.join(os.path.realpath(project), "")
        self._given = dict(os.environ)
        self._written: dict[str, Path] = {}
        self._inside: dict[str, bool] = {}
        self._trees: dict[str, ast.Module] = {}
        self._found: dict[tuple[str, str], tuple[Reading, _Place]] = {}

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record the readings inside."""
        before = type(os.environ), type(os.environb)
        _RecordedEnviron.recorder = self
        os.environ.__class__ = os.environb.__class__ = _RecordedEnviron
        try:
            yield
        finally:
            os.environ.__class__, os.environb.__class__ = before

    def readings(self) -> list[Reading]:
        """The readings, in order."""
        return [self._with_kind(found, place) for found, place in self._found.values()]

    def _with_kind(self, found: Reading, place: _Place) -> Reading:
        """A reading that takes its kind from the setting's value if nothing else shows it; else from its default."""
        outer, node = (place.path[0], *place.path)[-2:]
        is_plain = bool(reading.function_of_environ(node))
        kind = found.kind
        match outer:
            case ast.Assign(targets=[ast.Name(id=target)]) if isinstance(node, ast.Call) and not is_plain:
                kind = kind or kind_of_value(place.names.get(target))
        by_default = kind_of_source(found.default)
        # Any text is true: it is a boolean only if something converts it.
        return found._replace(kind=kind or ("" if is_plain and by_default == "bool" else by_default))

    def note_read(self, name: str, frame: FrameType | None) -> None:
        """Note that a variable is looked up."""
        while frame and frame.f_globals.get("__name__") in _STANDARD:
            frame = frame.f_back
        passed = []
        while frame and (not self._is_project(frame) or _hands_on(frame, name)):
            passed.append(frame)
            frame = frame.f_back
        # An expression that is too deep for this reader still belongs to the project.
        with suppress(RecursionError):
            if frame is None:
                self._note_value(name, passed)
            elif not passed or self._is_project(passed[-1]) or _is_asked(passed, name):
                self._note_place(name, self._place(frame), passed)

    def note_write(self, name: str, frame: FrameType | None) -> None:
        """Note that the project sets a variable."""
        while frame and frame.f_globals.get("__name__") in _STANDARD:
            frame = frame.f_back
        if frame and self._is_project(frame):
            self._written.setdefault(name, self._place(frame).path)

    def note_walk(self, frame: FrameType | None) -> None:
        """Note an iteration over the environment, by which pydantic-settings finds the fields of its classes."""
        fields: list[class_attributes.Field] = []
        while frame and not (fields and self._is_project(frame)):
            fields += class_attributes.settings_fields(frame.f_locals.get("self"))
            frame = frame.f_back
        if frame is None:
            return
        made = self._place(frame)
        for field in fields:
            place = self._declared(field.owner, field.attribute, made.file) or made
            default = None if field.is_required else class_attributes.declared_default(place.path[-1])
            self._add(field.variable, default, field.kind, place)

    def _note_value(self, name: str, passed: list[FrameType]) -> None:
        """Note a value of django-configurations, which is set up when its class is complete."""
        for value in filter(None, map(class_attributes.configured_value, passed)):
            if place := self._declared(value.owner, value.attribute):
                default = None if value.is_required else reading.default_of(place.path, value.parameters) or "None"
                self._add(name, default, reading.kind_of(place.path), place)

    def _note_place(self, name: str, place: _Place, passed: list[FrameType]) -> None:
        if not passed and not isinstance(place.path[-1], ast.Subscript | ast.Call | ast.Compare):
            return
        called = passed[-1] if passed else None
        written = self._written.get(name)
        if written and reading.is_certain(written):
            return
        default = None
        if called is None or _ends(called, name):
            default = reading.default_of(place.path, _parameters(called))
            # Arguments given to the library or helper elsewhere appear in inner frames.
            default = default or next(filter(None, map(self._own_default, passed)), None)
        if default is None and passed and self._is_project(passed[0]):
            inner = reading.default_of(self._place(passed[0]).path)
            default = inner if inner not in _arguments(passed[0]) else None
        if default is None and written:
            default = _written_value(name, written)
        kind = reading.kind_of(place.path, called.f_code.co_name if called else "")
        self._add(name, default, kind or _cast(passed), place)

    def _add(self, name: str, default: str | None, kind: str, place: _Place) -> None:
        where = f"{os.path.relpath(os.path.realpath(place.file), self._project)}:{place.line}"
        is_certain = default is None and name in self._given and reading.is_certain(place.path)
        self._found.setdefault((name, where), (Reading(name, default, kind, where, "", is_certain), place))

    def _is_project(self, frame: FrameType) -> bool:
        return self._is_inside(frame.f_code.co_filename)

    def _is_inside(self, file: str) -> bool:
        if file not in self._inside:
            self._inside[file] = os.path.isabs(file) and os.path.realpath(file).startswith(self._project)
        return self._inside[file]

    def _place(self, frame: FrameType) -> _Place:
        file, instruction = frame.f_code.co_filename, frame.f_lasti // 2
        position = next(islice(frame.f_code.co_positions(), instruction, None))
        span = reading.Span(*(part or 0 for part in position))
        return _Place(file, frame.f_lineno, reading.path_to(self._tree(file), span), frame.f_globals)

    def _declared(self, owner: type, attribute: str, *others: str) -> _Place | None:
        """Where a class of the project, or one of its bases, defines an attribute.

        Args:
            owner: the class.
            attribute: its name.
            others: files that may define it if its module does not: included files run in the including module.
        """
        for cls in owner.__mro__:
            module = sys.modules.get(cls.__module__)
            for file in (getattr(module, "__file__", None) or "", *others):
                if self._is_inside(file) and (
                    path := class_attributes.declaration(self._tree(file), cls.__name__, attribute)
                ):
                    return _Place(file, getattr(path[-1], "lineno", 1), path, {})
        return None

    def _tree(self, file: str) -> ast.Module:
        if file not in self._trees:
            self._trees[file] = syntax_tree(file) or ast.Module([], [])
        return self._trees[file]

    def _own_default(self, frame: FrameType) -> str | None:
        """The source of a function's own default; for the project's functions, as written there."""
        if self._is_project(frame):
            return reading.parameter_default(self._tree(frame.f_code.co_filename), frame.f_code.co_firstlineno)
        found = (self._literal(value) for name, value in _arguments(frame).items() if reading.DEFAULT.fullmatch(name))
        return next(filter(None, found), None)

    def _literal(self, value: object) -> str | None:
        """The source of a value that can be written as source and contains nothing from the environment; else None."""
        text = repr(value) if _is_literal(value) else ""
        own = [given for name, given in self._given.items() if name != "TZ" and not name.startswith(("LANG", "LC_"))]
        if not text or any(given in text for given in own if len(given) > 3) or (type(value) is str and value in own):
            return None
        return reading.shortened(text)


def _is_literal(value: object) -> bool:
    if type(value) is dict:
        return all(map(_is_literal, [*value, *value.values()]))
    if type(value) is list or type(value) is tuple:
        return all(map(_is_literal, value))
    return type(value) in {str, int, float, bool, type(None)}


def _is_asked(passed: list[FrameType], name: str) -> bool:
    """Whether the project asks a library for a variable, rather than a module reading it during its import."""
    if any(frame.f_globals.get("__name__") == "importlib._bootstrap" for frame in passed):
        return False
    return _ends(passed[-1], name)


def _hands_on(frame: FrameType, name: str) -> bool:
    """Whether a function got a variable's name, or its first or last part, as an argument."""
    starts = (f"{text.rstrip('_')}_" for text in _texts(frame))
    return name.upper().startswith(tuple(starts)) or any(_is_end(text, name) for text in _texts(frame))


def _ends(frame: FrameType, name: str) -> bool:
    return any(_is_end(text, name) for text in _texts(frame)) or class_attributes.configured_value(frame) is not None


def _texts(frame: FrameType) -> Iterator[str]:
    """The texts among the arguments of a function."""
    for value in _arguments(frame).values():
        for text in value.values() if type(value) is dict else value if type(value) in {list, tuple} else [value]:
            if issubclass(type(text), str):
                yield str.upper(text)


def _is_end(text: str, name: str) -> bool:
    return name.upper() == text or (bool(text) and name.upper().endswith(f"_{text.lstrip('_')}"))


def _arguments(frame: FrameType) -> dict[str, Any]:
    """The arguments of a function; empty for a module or a class."""
    code = frame.f_code
    if not code.co_flags & CO_OPTIMIZED:
        return {}
    more = bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    known = frame.f_locals
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + more]
    return {name: known[name] for name in names if name in known}


def _parameters(frame: FrameType | None) -> Sequence[str]:
    """The names of a function's positional parameters, without `self`."""
    if frame is None:
        return ()
    if value := class_attributes.configured_value(frame):
        return value.parameters
    names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
    return names[1:] if names[:1] in {("self",), ("cls",)} else names


def _cast(passed: list[FrameType]) -> str:
    """The kind given to a function by a type among its arguments."""
    arguments = (item for frame in passed for item in _arguments(frame).items())
    casts = (value for name, value in arguments if reading.CAST.fullmatch(name) and type(value) is type)
    return next((kind_of_name(cast.__name__) for cast in casts), "")


def _written_value(name: str, path: Path) -> str | None:
    """The value that the project sets a variable to, with the condition unless that is just that it is unset."""
    statement = next((node for node in path if isinstance(node, ast.Assign)), None)
    condition = reading.condition(path)
    value = reading.source(statement.value) if statement else None
    return value if not value or not condition or repr(name) in condition else f"{value} {condition}"
