"""The start of child processes: `python` and the programs of the packages find the project's code."""
