import os
import urllib.request
from datetime import datetime, timezone

from django.core.files.storage import Storage


class Bucket(Storage):
    """Static files at another host."""

    def _save(self, name, content):
        url = f"{os.environ['BUCKET_URL']}/{name}"
        request = urllib.request.Request(url, data=content.read(), method="PUT")
        urllib.request.urlopen(request).read()
        return name

    def exists(self, name):
        return False

    def delete(self, name):
        pass

    def get_modified_time(self, name):
        return datetime.now(timezone.utc)

    def url(self, name):
        return f"https://assets.example.org/static/{name}"
