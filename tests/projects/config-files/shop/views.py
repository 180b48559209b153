from django.conf import settings
from django.http import JsonResponse


def home(request):
    names = ("VERSION", "FRONT_END", "PROJECT", "SHOP_NAME", "FEATURES")
    return JsonResponse({name: getattr(settings, name) for name in names})
