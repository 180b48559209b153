"""Installs a site on a host, and uninstalls it."""
