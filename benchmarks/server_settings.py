"""The configuration of the servers: the same for gunicorn in a virtual environment and for a bundle."""

from __future__ import annotations

WORKERS = 2
GUNICORN = f"""\
bind = "127.0.0.1:{{port}}"
workers = {WORKERS}
worker_class = "sync"
timeout = 30
graceful_timeout = 30
forwarded_allow_ips = "127.0.0.1,::1"
control_socket_disable = True
worker_tmp_dir = "/dev/shm"
chdir = "{{source}}"
pythonpath = "{{folder}}"
raw_env = ["DJANGO_SETTINGS_MODULE={{settings}}"]
"""
"""The same values as src/django_pyz_runtime/serve/gunicorn_settings.py with the settings.ini below."""
SOAK_INI = f"""\
[settings]
SECRET_KEY = a-key-of-fifty-characters-for-the-benchmarks-alone
DEBUG = false
ALLOWED_HOSTS = 127.0.0.1

[serve]
bind = 127.0.0.1:{{port}}
workers = {WORKERS}
"""
"""All other options keep their defaults."""
SETTINGS_INI = f"""\
{SOAK_INI}threads = 1

[gunicorn]
worker_class = sync
"""
SETTINGS_PY = """\
from myproj.settings import *

SECRET_KEY = "a-key-of-fifty-characters-for-the-benchmarks-alone"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES["default"]["NAME"] = "{folder}/db.sqlite3"
"""
WHITENOISE_PY = """\
from plain_settings import *

STATIC_ROOT = "{folder}/static"
MIDDLEWARE.insert(1, "whitenoise.middleware.WhiteNoiseMiddleware")
STORAGES = {{
    "default": {{"BACKEND": "django.core.files.storage.FileSystemStorage"}},
    "staticfiles": {{"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}},
}}
"""
