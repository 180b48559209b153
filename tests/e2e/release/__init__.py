"""A release on a machine: what it does beside serving."""
