"""Puts a site on a host, and takes it away again."""
