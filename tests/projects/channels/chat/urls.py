from django.urls import path

from chat import views

urlpatterns = [
    path("", views.index),
    path("slow/", views.slow),
    path("stream/", views.stream),
]
