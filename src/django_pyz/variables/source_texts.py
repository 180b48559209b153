"""Texts that source puts together: the names of variables are often made of parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django_pyz.variables.source_values import Items, Known, Text


def joined(parts: Sequence[Known | None], source: str) -> Text | None:
    """Texts put together; None where one of them is not known."""
    texts = [part for part in parts if isinstance(part, Text)]
    if len(texts) < len(parts):
        return None
    return Text(source, "".join(part.text for part in texts), next((part.place for part in texts if part.place), None))


def percent(left: Known | None, right: Known | None, source: str) -> Known | None:
    """A text with other ones put in for each %s; None where one is not known."""
    parts = list(right.items) if isinstance(right, Items) else [right]
    if not isinstance(left, Text) or left.text.count("%s") != len(parts) or left.text.count("%") != len(parts):
        return None
    pieces = left.text.split("%s")
    texts: list[Known | None] = [Text(source, pieces[0])]
    for part, piece in zip(parts, pieces[1:], strict=True):
        texts += [part, Text(source, piece)]
    return joined(texts, source)


def text_method(text: Known | None, name: str, given: Sequence[Known | None], source: str) -> Known | None:
    """What a method of a text gives; None where that is not known."""
    match text, name, given:
        case Text(), "upper", []:
            return replace(text, source=source, text=text.text.upper())
        case Text(), "lower", []:
            return replace(text, source=source, text=text.text.lower())
        case Text(text=glue), "join", [Items(items=items)]:
            parts = [part for item in items for part in (Text(source, glue), item)]
            return joined(parts[1:], source)
        case Text(text=form), "format", _ if form.count("{}") == len(given) and form.count("{") == len(given):
            return percent(
                replace(text, text=form.replace("%", "%%").replace("{}", "%s")),
                Items("", tuple(filter(None, given))),
                source,
            )
    return None
