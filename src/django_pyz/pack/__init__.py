"""Packs the staged tree into one file."""
