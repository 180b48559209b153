"""Whether an ASGI application routes websockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.project.websockets import are_routed
from tests.build.trees import write_tree

ROUTER = 'application = ProtocolTypeRouter({"http": site, "websocket": URLRouter(patterns)})\n'
BY_HAND = "async def application(scope, receive, send):\n    if scope['type'] == 'websocket':\n        await chat()\n"


@pytest.mark.parametrize(
    ("files", "is_routed"),
    [
        ({"asgi.py": ROUTER}, True),
        ({"asgi.py": BY_HAND}, True),
        ({"asgi.py": "from shop.routing import application\n", "routing.py": ROUTER}, True),
        ({"settings.py": "ASGI_APPLICATION = 'shop.routing.application'\n", "routing.py": ROUTER}, True),
        ({"asgi.py": "application = get_asgi_application()\n", "routing.py": ROUTER}, False),
        ({"asgi.py": "application = get_asgi_application()  # no websocket\n"}, False),
        ({"asgi.py": "def broken(:\n"}, False),
        ({"wsgi.py": ""}, False),
    ],
)
def test_they_are_found_where_the_application_names_their_type(
    tmp_path: Path, files: dict[str, str], is_routed: bool
) -> None:
    write_tree(tmp_path / "shop", {"__init__.py": "", "settings.py": "", **files})
    asgi_module = "shop.asgi" if "asgi.py" in files else ""

    assert are_routed(asgi_module, "shop.settings", [tmp_path]) is is_routed
