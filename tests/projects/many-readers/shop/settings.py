import os

import dj_database_url
from split_settings.tools import include

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "shop",
]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = os.environ.get("SHOP_DEBUG", "0") == "1"
MISSES = os.environ.get("SHOP_MISSES", "")
DATABASES = {"default": dj_database_url.config(default="sqlite://:memory:")}
OWNER = os.environ.get("SHOP_OWNER")
if not OWNER:
    raise Exception("set SHOP_OWNER")
if DEBUG:
    os.environ["SHOP_CACHE_TOKEN"] = ""
CACHE_TOKEN = os.environ.get("SHOP_CACHE_TOKEN", "")
if os.environ.get("SHOP_SENTRY_DSN"):
    SENTRY_RATE = float(os.environ.get("SHOP_SENTRY_RATE", "0.1"))
    SENTRY_STAGE = os.environ["SHOP_SENTRY_STAGE"]
if MISSES == "os":
    os.environ["SHOP_MISSED"]

parts = ["parts/libraries.py", "parts/classes.py", f"parts/{os.environ.get('SHOP_STAGE', 'live')}.py"]
include(*parts)
