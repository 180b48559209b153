import pkg_resources
from django.http import HttpResponse
from zope.interface import Interface


class Goods(Interface):
    pass


def home(request):
    version = pkg_resources.get_distribution("gunicorn").version
    slogan = pkg_resources.resource_string("shop", "slogan.txt").decode()
    return HttpResponse(f"<h1>Shop</h1><p>gunicorn {version}, {Goods.__name__}, {slogan}</p>")
