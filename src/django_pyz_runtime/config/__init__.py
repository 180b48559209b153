"""settings.ini and its kin: which options there are, where values come from, and what types they take."""
