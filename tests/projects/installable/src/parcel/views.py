from importlib.metadata import entry_points

from django.conf import settings
from django.shortcuts import render

from parcel._version import VERSION


def home(request):
    carriers = ", ".join(point.load().name for point in entry_points(group="parcel.carriers"))
    context = {"version": settings.VERSION, "written": VERSION, "carriers": carriers}
    return render(request, "parcel/home.html", context)
