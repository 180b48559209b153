"""Serving: gunicorn around the project's WSGI or ASGI application, static files and health endpoints at the edge."""
