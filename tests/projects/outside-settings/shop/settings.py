from pathlib import Path

from shop import configuration

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = configuration.SECRET_KEY
DEBUG = False
ALLOWED_HOSTS = configuration.ALLOWED_HOSTS
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "shop",
]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

SLOGAN = configuration.SLOGAN
