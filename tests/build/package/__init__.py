"""`django-pyz package`."""
