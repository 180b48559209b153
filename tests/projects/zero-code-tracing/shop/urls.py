from django.http import HttpResponse
from django.urls import path

urlpatterns = [
    path("", lambda request: HttpResponse("home")),
    path("broken", lambda request: HttpResponse(1 / 0)),
]
