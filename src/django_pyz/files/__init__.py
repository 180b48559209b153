"""Selects the project's files for the bundle, and scans them for secrets."""
