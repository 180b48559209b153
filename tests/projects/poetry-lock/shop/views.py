from importlib.metadata import version

from django.http import JsonResponse


def home(request):
    return JsonResponse({name: version(name) for name in ("django", "sqlparse", "asgiref")})
