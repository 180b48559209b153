"""Databases of each kind: dumped to a file, and put back from one."""
