"""From one release to another: `pyz upgrade` and `pyz rollback`, and what is left of one that was interrupted."""
