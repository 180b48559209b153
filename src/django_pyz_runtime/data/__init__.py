"""Keeping data out of the code: paths are moved, links are made, other writes are refused."""
