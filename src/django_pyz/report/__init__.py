"""What a build shows: its progress, a summary of one screen, and all of it in a file."""
