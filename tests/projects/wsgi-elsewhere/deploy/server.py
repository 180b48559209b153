import os
import threading

import django
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402

warmed_up = threading.Event()


def warm_up():
    str(User.objects.all().query)
    warmed_up.set()


threading.Thread(target=warm_up, daemon=True).start()
site = get_wsgi_application()
