"""Readers of the files in which projects write down their dependencies: each turns one kind into requirement lines."""
