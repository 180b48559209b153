from django.conf import settings
from django.http import HttpResponse


def home(request):
    return HttpResponse(f"<h1>Shop</h1><p>{settings.SLOGAN}</p>")
