from django.urls import path
from goods.views import home

urlpatterns = [path("", home)]
