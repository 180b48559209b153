"""The environment variables that settings read: recorded while they are imported, and named in their source."""
