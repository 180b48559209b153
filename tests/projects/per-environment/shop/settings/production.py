import sys

from .base import *  # noqa: F403
from .base import BASE_DIR

ALLOWED_HOSTS = ["shop.example.org"]
IS_WORKER = "process_orders" in sys.argv
SESSION_COOKIE_SECURE = True
MEDIA_ROOT = BASE_DIR / "uploads"

try:
    from .local import *  # noqa: F403
except ImportError:
    pass
