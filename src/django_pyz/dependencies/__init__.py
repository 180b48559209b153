"""What the project depends on, and its installation into the tree."""
