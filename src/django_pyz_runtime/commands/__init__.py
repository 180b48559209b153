"""The commands of the file: management commands, and its own below `pyz`."""
