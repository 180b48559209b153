from django.conf import settings
from django.shortcuts import render
from django.urls import path

urlpatterns = [path("", lambda request: render(request, "shop/media/list.html", {"slogan": settings.SLOGAN}))]
