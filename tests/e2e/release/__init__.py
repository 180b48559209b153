"""Releases and their databases, on real servers."""
