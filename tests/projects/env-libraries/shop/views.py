from django.conf import settings
from django.http import JsonResponse


def home(request):
    names = ("DEBUG", "EMAIL_HOST", "EMAIL_PORT", "PAGE_SIZE", "TIME_ZONE")
    return JsonResponse({name: getattr(settings, name) for name in names})
