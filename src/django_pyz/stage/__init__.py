"""The tree as it is put together and tried out before it is packed."""
