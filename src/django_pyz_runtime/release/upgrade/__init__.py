"""Moves a host from one release to another: `pyz upgrade` and `pyz rollback`, also after an interruption."""
