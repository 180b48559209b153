from pathlib import Path

import dj_database_url
import environ
from decouple import Csv, config
from everett.manager import ConfigManager
from pydantic_settings import BaseSettings, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env(SHOP_DEBUG=(bool, False))
everett = ConfigManager.basic_config()


class Mail(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_MAIL_")
    host: str = "localhost"
    port: int = 25


mail = Mail()

SECRET_KEY = env("SHOP_SECRET_KEY", default="a-key-of-forty-letters-as-it-stands-in-the-source")
DEBUG = env("SHOP_DEBUG")
ALLOWED_HOSTS = config("SHOP_HOSTS", default="localhost,127.0.0.1", cast=Csv())
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

DATABASES = {"default": dj_database_url.config(env="SHOP_DATABASE", default=f"sqlite:///{BASE_DIR}/db.sqlite3")}
EMAIL_HOST = mail.host
EMAIL_PORT = mail.port
PAGE_SIZE = everett("SHOP_PAGE_SIZE", default="20", parser=int)
TIME_ZONE = env.str("SHOP_TIME_ZONE", "UTC")
