# gunicorn --config gunicorn.py, on the old server.
bind = "0.0.0.0:80"
