"""The environment variables that settings read, found in their source without importing any of it."""
