"""Finds the project's dependencies and installs them into the tree."""
