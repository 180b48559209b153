"""Analyses the project: manage.py, entry point, modules, sys.path."""
