"""Fills the staged tree and tests it before packing."""
