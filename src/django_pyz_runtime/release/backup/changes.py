"""Changes that are all made or all undone."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from django_pyz_runtime.errors import UserError, say


class Changes:
    """Changes that are undone, the last one first, if the block ends with an error."""

    def __init__(self) -> None:
        self._undo: list[tuple[str, Callable[[], None]]] = []
        self._finish: list[Callable[[], None]] = []

    def add(self, what: str, undo: Callable[[], None], finish: Callable[[], None] = lambda: None) -> None:
        """Register a change that is about to be made, or was made.

        Args:
            what: names the changed thing, for the message if it cannot be undone.
            undo: undoes the change, which may be partly made.
            finish: removes what was kept for that, after success.
        """
        self._undo.append((what, undo))
        self._finish.append(finish)

    def __enter__(self) -> Changes:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is None:
            self._clean_up()
            return
        lost = [problem for what, undo in reversed(self._undo) for problem in _undone(what, undo)]
        told = error if isinstance(error, UserError) else UserError(f"{type(error).__name__}: {error}")
        if not lost and isinstance(error, UserError):
            told = UserError(*error.problems, "everything is as it was before", hint=error.hint)
            raise told from error
        if lost:
            raise UserError(*told.problems, *lost, hint=told.hint) from error

    def _clean_up(self) -> None:
        for finish in self._finish:
            try:
                finish()
            except OSError as error:
                say(f"{error.filename}: the old data cannot be removed: {error.strerror}")


def _undone(what: str, undo: Callable[[], None]) -> list[str]:
    """Undo a change; lines to print if that fails."""
    try:
        undo()
    except (UserError, OSError) as error:
        return [f"{what} could not be restored to its previous state: {error}"]
    return []
