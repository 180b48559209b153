from celery import shared_task
from django.conf import settings
from django.contrib.auth.models import User
from huey.contrib.djhuey import task

from shop import jobs


@shared_task
def colour():
    return f"celery {settings.COLOUR} {User.objects.count()}"


@shared_task
def hold(begun, gate):
    return jobs.hold(begun, gate)


@shared_task
def tick(path):
    open(path, "a").close()


@task()
def shade():
    return f"huey {settings.COLOUR} {User.objects.count()}"
