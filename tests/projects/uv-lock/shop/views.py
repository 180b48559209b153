from importlib.metadata import PackageNotFoundError, version

from django.http import JsonResponse
from till import total


def found(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def home(request):
    names = ("django", "sqlparse", "dj-database-url", "whitenoise", "iniconfig")
    return JsonResponse({"total": total([1, 2]), **{name: found(name) for name in names}})
