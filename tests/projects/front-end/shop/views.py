from pathlib import Path

from django.conf import settings
from django.shortcuts import render


def home(request):
    mail = Path(settings.BASE_DIR, "emails", "welcome.txt").read_text()
    return render(request, "home.html", {"mail": mail})
