"""The configuration: the options of settings.ini, the sources of values, and their types."""
