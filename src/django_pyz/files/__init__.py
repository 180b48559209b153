"""Which files of the project go in, and which of them may hold secrets."""
