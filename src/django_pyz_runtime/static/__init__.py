"""Static files: collecting them, and serving those that were built in."""
