"""Tests of what `pyz doctor` is made of."""
