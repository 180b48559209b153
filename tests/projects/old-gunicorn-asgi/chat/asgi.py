import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chat.settings")
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from chat.consumers import Echo  # noqa: E402

application = ProtocolTypeRouter(
    {"http": django_application, "websocket": URLRouter([path("ws/echo/", Echo.as_asgi())])}
)
