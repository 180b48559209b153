"""`pyz upgrade` and `pyz rollback`, in parts."""
