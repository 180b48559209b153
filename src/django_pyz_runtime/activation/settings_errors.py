"""What to say where the settings cannot be imported, or Django refuses them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from django_pyz_runtime.bundle.manifest import Variable
from django_pyz_runtime.config.resolved import SETTINGS_MODULE
from django_pyz_runtime.errors import UserError

_BUGS = (ArithmeticError, AssertionError, AttributeError, ImportError, NameError, SyntaxError, TypeError)


class MissingVariables(UserError):
    """The settings need variables.

    Args:
        problem: what is wrong.
        names: of the variables: the one that was missed first, then the others without a default.
        hint: the next step.
    """

    def __init__(self, problem: str, names: Sequence[str], hint: str) -> None:
        super().__init__(problem, hint=hint)
        self.names = tuple(names)


def missing_variable(
    error: BaseException, variables: Sequence[Variable], environ: Mapping[str, str], config: str
) -> MissingVariables | None:
    """What to say of an error that the settings raise; None where it is not about a variable that is not set.

    Args:
        error: the error.
        variables: those that the settings read, as found at build time.
        environ: the environment.
        config: path of the settings.ini.
    """
    if isinstance(error, _BUGS):
        return None
    unset = [item for item in variables if item.default is None and item.name not in environ]
    missed = next((item for item in unset if _is_about(error, item.name)), None)
    if missed is None:
        return None
    others = [item.name for item in unset if item.name != missed.name]
    # What the project or its library says may say more than the name.
    has_values = isinstance(error, KeyError) or type(error).__name__ == "ValidationError"
    own = "" if has_values else f": {str(error).strip()}"
    also = f" Others without a default: {', '.join(others)}." if others else ""
    return MissingVariables(
        f"the settings need the variable {missed.name} ({missed.where}){own}",
        [missed.name, *others],
        f"Set {missed.name} in the section [env] of {config}.{also}",
    )


def _is_about(error: BaseException, name: str) -> bool:
    """Whether an error speaks of a variable; pydantic-settings speaks of it by its field, in lower case."""
    text = str(error)
    if re.search(rf"\b{re.escape(name)}\b", text):
        return True
    fields = re.findall(r"^(\w+)\n  ", text, re.MULTILINE) if type(error).__name__ == "ValidationError" else []
    return any(name == field.upper() or name.endswith("_" + field.upper()) for field in fields)


def missing_settings(error: BaseException) -> UserError | None:
    """What to say where the settings module itself is not there; None for every other error."""
    module = os.environ.get(SETTINGS_MODULE, "")
    missing = error.name if isinstance(error, ModuleNotFoundError) and error.name else ""
    if not missing or not f"{module}.".startswith(f"{missing}."):
        return None
    return UserError(
        f"the settings module {module!r}: there is no module {missing!r}",
        hint=f"It is named by {SETTINGS_MODULE}, by [project] settings_module, or by the build.",
    )


def refused(error: Exception, hint: str = "") -> UserError:
    """What to say where Django finds the settings improperly configured."""
    return UserError(f"{os.environ[SETTINGS_MODULE]}: {error}", hint=hint)
