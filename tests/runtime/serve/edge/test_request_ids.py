"""The name of a request that comes by ASGI."""

from __future__ import annotations

import asyncio
import re
from typing import Any, cast

import pytest

from django_pyz_runtime.serve.edge.request_ids import begin_asgi, current


@pytest.mark.parametrize("kind", ["http.response.start", "websocket.accept"])
@pytest.mark.parametrize(
    ("given", "kept"),
    [([b"from-the-proxy.1"], "from-the-proxy.1"), ([], ""), ([b"one", b"two"], ""), ([b"a\nb"], ""), ([b"\xff"], "")],
)
def test_it_is_in_the_request_and_in_the_beginning_of_the_answer(kind: str, given: list[bytes], kept: str) -> None:
    sent: list[Any] = []

    async def send(event: Any) -> None:
        sent.append(event)

    headers = [(b"host", b"x"), *((b"x-request-id", value) for value in given)]
    send_with_name = begin_asgi(headers, send)
    for event in ({"type": kind, "headers": [(b"x", b"y")]}, {"type": "other"}):
        asyncio.run(cast(Any, send_with_name(cast(Any, event))))
    name = kept or current.get()
    assert kept or re.fullmatch("[0-9a-f]{32}", name)
    assert headers == [(b"host", b"x"), (b"x-request-id", name.encode())]
    assert sent == [{"type": kind, "headers": [(b"x", b"y"), (b"x-request-id", name.encode())]}, {"type": "other"}]
    current.set("")
