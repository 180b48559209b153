"""Dumps and restores databases of each kind."""
