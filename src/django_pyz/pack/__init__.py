"""From the staged tree to the one file."""
