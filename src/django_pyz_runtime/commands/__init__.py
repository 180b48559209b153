"""What the file does when started: management commands, and its own below `pyz`."""
