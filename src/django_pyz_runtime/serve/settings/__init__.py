"""From [serve], [log] and [gunicorn] to gunicorn's settings."""
