from django.http import HttpResponse

from deploy.server import warmed_up


def home(request):
    return HttpResponse(f"<h1>Shop</h1><p>warmed up: {warmed_up.wait(10)}</p>")
