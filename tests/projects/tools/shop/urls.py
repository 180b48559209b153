from django.urls import path

from shop import views

urlpatterns = [
    path("", views.home),
    path("fails/", views.fails),
    path("fails-in-template/", views.fails_in_template),
    path("garbage/", views.garbage),
]
