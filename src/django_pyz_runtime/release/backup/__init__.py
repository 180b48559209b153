"""Copies of what a site has on its host, and the way back: `pyz backup` and `pyz restore`."""
