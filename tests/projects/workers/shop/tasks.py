from celery import shared_task
from django.conf import settings
from django.contrib.auth.models import User
from huey.contrib.djhuey import task


@shared_task
def colour():
    return f"celery {settings.COLOUR} {User.objects.count()}"


@task()
def shade():
    return f"huey {settings.COLOUR} {User.objects.count()}"
