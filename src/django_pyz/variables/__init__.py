"""Finds the environment variables that settings read: recorded during the import, and named in their source."""
