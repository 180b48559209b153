"""The help: its texts, how they are found and shown, and that they are complete."""
