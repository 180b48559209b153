"""Readers of dependency files: each turns one kind of file into requirement lines."""
