import subprocess
import sys
from importlib.metadata import version

from django.http import HttpResponse

OWN = "from importlib.metadata import version; import gunicorn; print(version('gunicorn'), gunicorn.__version__)"


async def index(request):
    own = subprocess.run([sys.executable, "-c", OWN], stdout=subprocess.PIPE, text=True).stdout
    return HttpResponse(f"{type(request).__name__} by gunicorn {version('gunicorn')}, pinned {own}")
