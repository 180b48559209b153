"""The topics and messages of the build wing; django_pyz_runtime.help reads them."""
