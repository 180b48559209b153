from celery import shared_task
from django.conf import settings
from django.contrib.auth.models import User
from huey.contrib.djhuey import task


@shared_task
def colour():
    return f"celery {settings.COLOUR} {User.objects.count()}"


@shared_task
def hold(begun, gate):
    """Wait until somebody writes to the gate, a named pipe, and tell what code that was."""
    open(begun, "w").close()
    with open(gate) as pipe:
        return f"{pipe.read()} in {settings.RELEASE}"


@shared_task
def tick(path):
    open(path, "a").close()


@task()
def shade():
    return f"huey {settings.COLOUR} {User.objects.count()}"
