"""Serving: gunicorn around the project's WSGI application, static files and health endpoints at the edge."""
