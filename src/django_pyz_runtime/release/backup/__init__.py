"""Backs up and restores the data of a site: `pyz backup` and `pyz restore`."""
