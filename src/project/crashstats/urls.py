from django.urls import path

from crashstats import api, views

app_name = "crashstats"

urlpatterns = [
    path("", views.top_crashers, name="top_crashers"),
    path("signature/", views.signature, name="signature"),
    path("report/<uuid:pk>/", views.report, name="report"),
    path("submit/", api.submit, name="submit"),
]
