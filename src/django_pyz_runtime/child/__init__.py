"""What a child process starts with: `python` and the programs of the packages find the project's code."""
