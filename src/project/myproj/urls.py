"""
URL configuration for myproj project.

The `urlpatterns` list routes URLs to views. For more information please see:
    https://docs.djangoproject.com/en/5.2/topics/http/urls/
"""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("crashstats.urls")),
    # Only with DEBUG: in production the web server hands out the uploads.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
