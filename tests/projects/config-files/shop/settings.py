import configparser
import json
import os
import tomllib
from pathlib import Path

import environ
import yaml

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env", overwrite=True)
ini = configparser.ConfigParser()
ini.read(os.environ.get("SHOP_CONFIG_PATH", BASE_DIR / "config" / "shop.ini"))
features = yaml.safe_load((BASE_DIR / "config" / "features.yaml").read_text())

SECRET_KEY = "a-key-of-forty-letters-as-it-stands-in-the-source"
DEBUG = True
ALLOWED_HOSTS = []
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

VERSION = (BASE_DIR / "VERSION").read_text().strip()
FRONT_END = json.loads((BASE_DIR / "package.json").read_text())["version"]
PROJECT = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["name"]
SHOP_NAME = ini["shop"]["name"]
FEATURES = features["features"]
