import gc

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render

from shop import sums


def home(request):
    return HttpResponse("<h1>Shop</h1>")


def fails(request):
    return HttpResponse(sums.divide(1, 0))


def fails_in_template(request):
    return render(request, "shop/fails.html", {"nothing": None})


def garbage(request):
    return JsonResponse({"enabled": gc.isenabled(), "threshold": gc.get_threshold(), "debug": gc.get_debug()})
