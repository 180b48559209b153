from django.http import HttpResponse

from billing.prices import price


def home(request):
    return HttpResponse(f"<h1>Shop</h1><p>Tea: {price('tea')}</p>")
