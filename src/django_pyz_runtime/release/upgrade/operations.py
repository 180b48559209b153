"""Knows which operations of migrations would break a release that still serves.

An operation that is not known to be harmless counts as harmful. The facts are from Django's documentation (Migration
Operations, Writing migrations) and its schema editors, of Django 4.2 to 6.0:

- A new table, index or column is harmless, unless it makes the database reject rows of the older code. Django drops the
  default of a new column from the database again (BaseDatabaseSchemaEditor.add_field), so the column must be nullable,
  have a `db_default` (Django 5.0), or be generated.
- The older code still uses what is removed or renamed.
- A constraint, also one of a field, may reject rows that the older code writes. Removing one is harmless.
- A wider column is harmless, any other change of its type may do harm.
- A table that the same upgrade creates is not used yet.
- Code and SQL may do anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.state import ProjectState

UNKNOWN = "its effect is not known"
_WIDER = (
    ("SmallIntegerField", "IntegerField", "BigIntegerField"),
    ("PositiveSmallIntegerField", "PositiveIntegerField", "PositiveBigIntegerField"),
    ("SmallAutoField", "AutoField", "BigAutoField"),
)
"""Kinds of fields; each can hold all values of those before it."""
_TEXTS = ("CharField", "SlugField", "FileField", "FilePathField")


class Case(NamedTuple):
    """An operation to judge.

    Attributes:
        operation: one of Django's.
        app: the label of its app.
        before: the state before the operation.
        after: the state after it.
        connection: of the database.
    """

    operation: Any
    app: str
    before: ProjectState
    after: ProjectState
    connection: BaseDatabaseWrapper

    @property
    def model(self) -> str:
        """The name of the model before the operation, in lower case; "" for none."""
        names = (getattr(self.operation, name, "") for name in ("model_name", "old_name", "name"))
        return str(next(filter(None, names), "")).lower()

    def option(self, name: str) -> Any:
        """An option of that model; None if it is not set."""
        return self.before.models[self.app, self.model].options.get(name)

    def field(self, name: str) -> Any:
        """A copy of a field of that model before the operation."""
        return self.before.models[self.app, self.model].fields[name]

    def is_of_database(self) -> bool:
        """Whether the model belongs to this database, by its options and the project's routers."""
        from django.db import router

        alias = self.connection.alias
        if (self.app, self.model) not in self.before.models:
            return bool(router.allow_migrate(alias, self.app, **getattr(self.operation, "hints", {})))
        model = self.before.apps.get_model(self.app, self.model)
        return bool(self.operation.allow_migrate_model(alias, model))


def harm(case: Case) -> str:
    """Why an operation would break a release that serves; "" if it would not.

    A subclass counts as the class whose effect on the database it shares.
    """
    for kind in type(case.operation).__mro__:
        if rule := _RULES.get(f"{kind.__module__}.{kind.__qualname__}"):
            return rule(case)
        if "database_forwards" in vars(kind):
            break
    return UNKNOWN


def _none(case: Case) -> str:
    return ""


def _always(reason: str) -> Callable[[Case], str]:
    return lambda case: reason


def _rename_field(case: Case) -> str:
    field = case.field(case.operation.old_name)
    return "" if field.db_column else "the older code uses the old name"


def _add_field(case: Case) -> str:
    field = case.operation.field
    if field.null or field.many_to_many or getattr(field, "generated", False):
        return ""
    if has_default(field):
        return "a second row with its default violates UNIQUE" if field.unique else ""
    bound = case.after.apps.get_model(case.app, case.model)._meta.get_field(case.operation.name)
    if bound.db_type(case.connection) is None:
        return ""
    return "the column is NOT NULL and has no db_default, so the older code cannot insert rows"


def has_default(field: Any) -> bool:
    """Whether a field has a default in the database (Django 5.0 and later)."""
    from django.db.models import NOT_PROVIDED

    return getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED


def _alter_field(case: Case) -> str:
    name = case.operation.name
    states = case.before, case.after
    old, new = (state.apps.get_model(case.app, case.model)._meta.get_field(name) for state in states)
    if old.many_to_many or new.many_to_many:
        return "" if _relation(old) == _relation(new) else "its table changes"
    return _change(_Column(old, case.connection), _Column(new, case.connection))


def _relation(field: Any) -> tuple[object, ...]:
    if not field.many_to_many:
        return ()
    return field.m2m_db_table(), field.related_model._meta.db_table, field.remote_field.through._meta.label_lower


class _Column:
    """The properties of a field in the database."""

    def __init__(self, field: Any, connection: BaseDatabaseWrapper) -> None:
        parameters = field.db_parameters(connection)
        target = field.remote_field
        self.name = field.column
        self.type = parameters["type"]
        self.check = parameters["check"]
        self.collation = parameters.get("collation")
        self.is_null = field.null
        self.is_unique = field.unique
        self.has_default = has_default(field)
        self.refers_to = (target.model._meta.db_table, field.target_field.column) if target else None
        self.is_checked = bool(target and field.db_constraint)
        self.kind = field.get_internal_type()
        self.length = field.max_length


def _change(old: _Column, new: _Column) -> str:
    """Why the older code would break with the new column; "" if it would not."""
    reasons = {
        "the column is renamed": old.name != new.name,
        "the column becomes NOT NULL": old.is_null and not new.is_null,
        "its values become unique": new.is_unique and not old.is_unique,
        "the column loses its default": old.has_default and not new.has_default,
        "it refers to another table": new.refers_to and new.refers_to != old.refers_to,
        "a foreign key is checked": new.is_checked and not old.is_checked,
        "its collation changes": old.collation != new.collation,
        "its values are checked": new.check and new.check != old.check and not _is_wider(old, new),
        f"{old.type} becomes {new.type}": old.type != new.type and not _is_wider(old, new),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _is_wider(old: _Column, new: _Column) -> bool:
    if old.kind in _TEXTS:
        has_room = new.length is None or (old.length is not None and new.length >= old.length)
        return new.kind == "TextField" or (new.kind in _TEXTS and has_room)
    kinds = next((kinds for kinds in _WIDER if old.kind in kinds), ())
    return new.kind in kinds and kinds.index(new.kind) >= kinds.index(old.kind)


def _alter_table(case: Case) -> str:
    usual = f"{case.app}_{case.model}"
    is_same = (case.option("db_table") or usual) == (case.operation.table or usual)
    return "" if is_same else "the older code uses the old name"


def _unique_together(case: Case) -> str:
    added = set(case.operation.option_value or ()) - set(case.option("unique_together") or ())
    return "it may reject rows that the older code writes" if added else ""


def _order(case: Case) -> str:
    is_same = case.option("order_with_respect_to") == case.operation.order_with_respect_to
    return "" if is_same else "a column is added or removed"


def _code(case: Case) -> str:
    operation = case.operation
    return "" if operation.code is type(operation).noop else UNKNOWN


def _sql(case: Case) -> str:
    return UNKNOWN if case.operation.sql else ""


_MODELS, _FIELDS = "django.db.migrations.operations.models", "django.db.migrations.operations.fields"
_SPECIAL, _POSTGRES = "django.db.migrations.operations.special", "django.contrib.postgres.operations"
_GONE = "the older code still uses it"
_REFUSES = "it may reject rows that the older code writes"
_RULES: dict[str, Callable[[Case], str]] = {
    f"{_MODELS}.CreateModel": _none,
    f"{_MODELS}.DeleteModel": _always(_GONE),
    f"{_MODELS}.RenameModel": _always("the older code uses the old name"),
    f"{_MODELS}.AlterModelTable": _alter_table,
    f"{_MODELS}.AlterModelTableComment": _none,
    f"{_MODELS}.AlterModelOptions": _none,
    f"{_MODELS}.AlterModelManagers": _none,
    f"{_MODELS}.AlterUniqueTogether": _unique_together,
    f"{_MODELS}.AlterIndexTogether": _none,
    f"{_MODELS}.AlterOrderWithRespectTo": _order,
    f"{_MODELS}.AddIndex": _none,
    f"{_MODELS}.RemoveIndex": _none,
    f"{_MODELS}.RenameIndex": _none,
    f"{_MODELS}.AddConstraint": _always(_REFUSES),
    f"{_MODELS}.RemoveConstraint": _none,
    f"{_MODELS}.AlterConstraint": _none,
    f"{_FIELDS}.AddField": _add_field,
    f"{_FIELDS}.RemoveField": _always(_GONE),
    f"{_FIELDS}.AlterField": _alter_field,
    f"{_FIELDS}.RenameField": _rename_field,
    f"{_SPECIAL}.RunPython": _code,
    f"{_SPECIAL}.RunSQL": _sql,
    f"{_POSTGRES}.CreateExtension": _none,
    f"{_POSTGRES}.HStoreExtension": _none,
    f"{_POSTGRES}.AddIndexConcurrently": _none,
    f"{_POSTGRES}.RemoveIndexConcurrently": _none,
    f"{_POSTGRES}.CreateCollation": _none,
    f"{_POSTGRES}.RemoveCollation": _always(_GONE),
    f"{_POSTGRES}.AddConstraintNotValid": _always(_REFUSES),
    f"{_POSTGRES}.ValidateConstraint": _none,
}
"""The rules by the class of an operation."""
