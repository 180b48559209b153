"""A release on a host: what runs, and what changes it."""
