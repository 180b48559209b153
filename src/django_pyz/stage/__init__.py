"""The staged tree: filled, and tried out before it is packed."""
