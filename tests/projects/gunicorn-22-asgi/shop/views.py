import os
import sys
from importlib.metadata import version

from django.http import HttpResponse


async def home(request):
    worker = "uvicorn" if "uvicorn.workers" in sys.modules else "gunicorn"
    said = f"{type(request).__name__} by {worker} in gunicorn {version('gunicorn')}, {os.environ['SHOP_HOOK']}"
    return HttpResponse(said)
