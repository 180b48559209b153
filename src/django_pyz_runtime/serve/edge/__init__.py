"""What answers a request: health endpoints and static files, then the project's application."""
